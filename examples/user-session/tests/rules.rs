//! The rules of sessions.

use do_runtime::prelude::*;
use user_session::{CartItem, Session, User, UserStub};

fn ann(kit: &TestKit) -> UserStub {
    kit.objects().get_by_name::<User>("ann")
}

async fn cart(ann: &UserStub, session: &Session) -> Result<Vec<(String, u32)>> {
    Ok(ann.cart(session.token).await?.into_iter().map(|item| (item.sku, item.quantity)).collect())
}

async fn has_ended(ann: &UserStub, session: &Session) -> bool {
    ann.cart(session.token).await.is_err_and(|error| error.kind() == ErrorKind::Denied)
}

#[do_runtime::test]
async fn adding_the_same_item_adds_quantity(kit: TestKit) -> Result {
    let ann = ann(&kit);
    let phone = ann.sign_in("phone").await?;
    assert_eq!(ann.add(phone.token, "shoes", 1).await?, 1);
    assert_eq!(ann.add(phone.token, "hat", 1).await?, 1);
    assert_eq!(ann.add(phone.token, "shoes", 2).await?, 3);
    assert_eq!(cart(&ann, &phone).await?, [("hat".into(), 1), ("shoes".into(), 3)]);
    assert!(ann.remove(phone.token, "shoes").await?);
    assert!(!ann.remove(phone.token, "shoes").await?);
    assert_eq!(cart(&ann, &phone).await?, [("hat".into(), 1)]);
    Ok(())
}

#[do_runtime::test]
async fn a_hundred_adds_at_once_are_all_counted(kit: TestKit) -> Result {
    let phone = ann(&kit).sign_in("phone").await?;
    let adds: Vec<_> = (0..100)
        .map(|_| {
            let (ann, token) = (ann(&kit), phone.token);
            kit.spawn(async move { ann.add(token, "shoes", 1).await })
        })
        .collect();
    for add in adds {
        add.await?;
    }
    assert_eq!(cart(&ann(&kit), &phone).await?, [("shoes".into(), 100)]);
    Ok(())
}

#[do_runtime::test]
async fn a_session_ends_a_day_after_its_last_use(kit: TestKit) -> Result {
    let ann = ann(&kit);
    let phone = ann.sign_in("phone").await?;
    for _ in 0..10 {
        kit.advance("23h 59m").await;
        ann.add(phone.token, "shoes", 1).await?;
        kit.advance("23h 59m").await;
        assert_eq!(ann.cart(phone.token).await?.len(), 1, "to look at it is a use as well");
    }
    let used = kit.now();
    kit.crash().await?;
    kit.set_time(used + hours(24) - millis(1)).await;
    assert_eq!(ann.devices(ann.sign_in("laptop").await?.token).await?.len(), 2);
    kit.set_time(used + hours(24)).await;
    assert!(has_ended(&ann, &phone).await, "at this instant");
    Ok(())
}

#[do_runtime::test]
async fn an_expired_session_is_gone_at_once_and_its_rows_go_at_the_next_cleanup(kit: TestKit) -> Result {
    let ann = ann(&kit);
    let phone = ann.sign_in("phone").await?;
    ann.add(phone.token, "shoes", 1).await?;
    kit.hold_cleanup(true);
    kit.advance("24h").await;
    assert_eq!(kit.physical_rows::<Session>(&ann).await?, 1, "it waits on the disk");
    assert_eq!(kit.physical_rows::<CartItem>(&ann).await?, 1);
    for refused in [ann.cart(phone.token).await.map(drop), ann.add(phone.token, "hat", 1).await.map(drop)] {
        assert_eq!(refused.expect_err("it is gone").kind(), ErrorKind::Denied);
    }
    let seen = kit.inside(&ann, |_, cx| Ok((cx.count::<Session>()?, cx.count::<CartItem>()?))).await?;
    assert_eq!(seen, (0, 0), "no query sees it or its cart");
    kit.hold_cleanup(false);
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Session>(&ann).await?, 0);
    assert_eq!(kit.physical_rows::<CartItem>(&ann).await?, 0);
    Ok(())
}

/// Where an object has one alarm, the usual version sets it anew for each session: the last one to be used decides for all.
#[do_runtime::test]
async fn many_sessions_of_one_user_expire_each_at_its_own_time(kit: TestKit) -> Result {
    let ann = ann(&kit);
    let begun = kit.now();
    let mut sessions = Vec::new();
    for number in 0..20 {
        let session = ann.sign_in(format!("device {number}")).await?;
        ann.add(session.token, "shoes", number + 1).await?;
        sessions.push(session);
        kit.advance("1h").await;
    }
    // The third one is used again; it alone lives longer.
    ann.cart(sessions[2].token).await?;
    for hour in 24..=44 {
        kit.set_time(begun + hours(hour)).await;
        let left = sessions.iter().enumerate().filter(|(number, _)| match number {
            2 => hour < 44,
            _ => *number as u64 + 24 > hour,
        });
        let left: Vec<i64> = left.map(|(_, session)| session.id.as_i64()).collect();
        let there = kit.inside(&ann, |_, cx| open_sessions(cx)).await?;
        assert_eq!(there, left, "after {hour} hours");
        assert_eq!(kit.inside(&ann, |_, cx| cx.count::<CartItem>()).await?, left.len() as i64, "and no cart stays");
    }
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Session>(&ann).await?, 0);
    Ok(())
}

fn open_sessions(cx: &Cx<User>) -> Result<Vec<i64>> {
    let mut ids: Vec<i64> = Vec::new();
    for id in 1..=20 {
        if cx.get::<Session>(Id::from_raw(id))?.is_some() {
            ids.push(id);
        }
    }
    Ok(ids)
}

#[do_runtime::test]
async fn to_sign_out_ends_one_session_and_its_cart_alone(kit: TestKit) -> Result {
    let ann = ann(&kit);
    let (phone, laptop) = (ann.sign_in("phone").await?, ann.sign_in("laptop").await?);
    ann.add(phone.token, "shoes", 1).await?;
    ann.add(laptop.token, "hat", 1).await?;
    ann.sign_out(phone.token).await?;
    assert!(has_ended(&ann, &phone).await);
    assert_eq!(cart(&ann, &laptop).await?, [("hat".into(), 1)]);
    assert_eq!(kit.physical_rows::<CartItem>(&ann).await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn a_session_is_of_one_user_and_its_secret_is_not_guessed(kit: TestKit) -> Result {
    let phone = ann(&kit).sign_in("phone").await?;
    let ben = kit.objects().get_by_name::<User>("ben");
    ben.sign_in("phone").await?;
    assert!(has_ended(&ben, &phone).await, "it is ann's");
    assert!(!format!("{:?}", ann(&kit).devices(phone.token).await?).contains(&phone.token.to_string()));
    Ok(())
}

#[do_runtime::test]
async fn what_is_refused_changes_nothing_not_even_the_end(kit: TestKit) -> Result {
    let ann = ann(&kit);
    let phone = ann.sign_in("phone").await?;
    kit.advance("1h").await;
    for (sku, quantity) in [("", 1), ("shoes", 0), ("shoes", 1_000), ("shoes", u32::MAX)] {
        let error = ann.add(phone.token, sku, quantity).await.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    kit.advance("23h").await;
    assert!(has_ended(&ann, &phone).await);
    Ok(())
}

#[do_runtime::test]
async fn over_http_a_secret_is_needed(kit: TestKit) -> Result {
    let token = ann(&kit).sign_in("phone").await?.token;
    let call = async |method: &str, body: String| kit.fetch("POST", &format!("/rpc/User/ann/{method}"), body).await;
    let added = call("add", format!(r#"{{"token": "{token}", "sku": "shoes", "quantity": 2}}"#)).await?;
    assert_eq!((added.code(), added.body_json::<u32>()?), (200, 2));
    let forged = call("cart", r#"{"token": "6e2d4c3a-0000-4000-8000-000000000000"}"#.into()).await?;
    assert_eq!(forged.code(), 403);
    assert_eq!(call("sign_in", r#"{"device": "phone"}"#.into()).await?.code(), 404, "it is not public");
    Ok(())
}
