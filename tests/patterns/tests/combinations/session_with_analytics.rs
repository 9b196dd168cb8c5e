//! A shop: what is put into carts is counted, each piece once, and nothing else is.

use std::collections::BTreeMap;

use analytics::{Analytics, AnalyticsStub, Sample};
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use user_session::{Session, User, UserStub};

/// What is counted.
const METRIC: &str = "pieces";

/// Something that is on its way into a cart.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Errand {
    #[key]
    id: Uuid,
    token: Uuid,
    sku: String,
    quantity: u32,
}

/// The shop as one user sees it, after whom the object is named. What it has noted comes into the cart, or is refused by it; what is in the
/// cart is counted.
#[durable_object(tables(Errand))]
struct Till {
    #[stored]
    refused: Vec<String>,
}

#[durable_object]
impl Till {
    /// Notes that something is to be put into the cart of a session.
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, token: Uuid, sku: String, quantity: u32) -> Result {
        let (id, now) = (cx.uuid(), cx.now());
        cx.insert(Errand::new(id, token, sku, quantity))?;
        cx.schedule().carry(id).at(now)
    }

    /// May run again after a crash. Then the call to the cart has the key that it had, and what was counted is not noted any more.
    #[alarm]
    async fn carry(this: This<Self>, id: Uuid) -> Result {
        let Some(Errand { token, sku, quantity, .. }) = this.read(|_, cx| cx.get::<Errand>(id)).await? else {
            return Ok(());
        };
        let user = this.objects().get_by_name::<User>(this.name().context("a till has the name of a user")?);
        let refusal = match user.add(token, &sku, quantity).await {
            Ok(_) => None,
            Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::Invalid) => Some(error),
            Err(error) => return Err(error), // it is tried again
        };
        this.update(|me, cx| {
            cx.delete::<Errand>(id)?;
            match &refusal {
                None => {
                    let sample = Sample { metric: METRIC.into(), label: sku.clone(), value: quantity.into() };
                    let shop = cx.objects().get_by_name::<Analytics>("shop");
                    cx.send(shop.record(vec![sample]))
                }
                Some(error) => {
                    me.refused.push(error.to_string());
                    Ok(())
                }
            }
        })
        .await
    }

    /// What is on its way.
    #[rpc]
    fn under_way(&self, cx: &Cx<Self>) -> Result<i64> {
        cx.count::<Errand>()
    }

    /// Why things did not come into the cart.
    #[rpc]
    fn refused(&self) -> Result<Vec<String>> {
        Ok(self.refused.clone())
    }
}

fn user(kit: &TestKit, name: &str) -> UserStub {
    kit.objects().get_by_name::<User>(name)
}

fn till(kit: &TestKit, name: &str) -> TillStub {
    kit.objects().get_by_name::<Till>(name)
}

fn shop(kit: &TestKit) -> AnalyticsStub {
    kit.objects().get_by_name::<Analytics>("shop")
}

/// Pieces of each thing.
type Pieces = BTreeMap<String, i64>;

fn put_into(pieces: &mut Pieces, sku: &str, quantity: u32) {
    *pieces.entry(sku.to_owned()).or_default() += i64::from(quantity);
}

async fn cart(kit: &TestKit, name: &str, session: &Session) -> Result<Pieces> {
    let items = user(kit, name).cart(session.token).await?;
    Ok(items.into_iter().map(|item| (item.sku, item.quantity.into())).collect())
}

/// How often something was counted, and of what there are how many pieces; the total is that of its labels.
async fn counted(kit: &TestKit) -> Result<(u64, Pieces)> {
    let total = shop(kit).total(METRIC).await?.map_or((0, 0), |total| (total.count, total.sum));
    let shares = shop(kit).top(METRIC, 1_000).await?;
    assert_eq!(shares.iter().map(|share| share.count).sum::<u64>(), total.0);
    assert_eq!(shares.iter().map(|share| share.sum).sum::<i64>(), total.1);
    Ok((total.0, shares.into_iter().map(|share| (share.label, share.sum)).collect()))
}

const SKUS: [&str; 3] = ["hat", "lamp", "shoes"];

/// The things that the tests put into carts, one after the other.
fn thing(number: u32) -> (&'static str, u32) {
    (SKUS[number as usize % SKUS.len()], 1 + number % 4)
}

#[do_runtime::test]
async fn what_is_put_into_the_cart_is_counted_once(kit: TestKit) -> Result {
    let phone = user(&kit, "ann").sign_in("phone").await?;
    let mut expected = Pieces::new();
    for number in 0..20 {
        let (sku, quantity) = thing(number);
        till(&kit, "ann").put(phone.token, sku, quantity).await?;
        put_into(&mut expected, sku, quantity);
        kit.settle().await;
        assert_eq!(cart(&kit, "ann", &phone).await?, expected);
        assert_eq!(counted(&kit).await?, (u64::from(number) + 1, expected.clone()));
    }
    Ok(())
}

#[do_runtime::test]
async fn the_totals_are_what_is_in_the_carts_of_all_who_shop_at_once(kit: TestKit) -> Result {
    let names: Vec<String> = (0..6).map(|number| format!("user {number}")).collect();
    let mut sessions = Vec::new();
    let mut puts = Vec::new();
    for name in &names {
        for device in ["phone", "laptop"] {
            let session = user(&kit, name).sign_in(device).await?;
            for number in 0..15 {
                let (till, token, (sku, quantity)) = (till(&kit, name), session.token, thing(number));
                puts.push(kit.spawn(async move { till.put(token, sku, quantity).await }));
            }
            sessions.push((name, session));
        }
    }
    for put in puts {
        put.await?;
    }
    kit.crash().await?;
    kit.settle().await;
    let mut expected = Pieces::new();
    for (name, session) in &sessions {
        for (sku, pieces) in cart(&kit, name, session).await? {
            *expected.entry(sku).or_default() += pieces;
        }
    }
    assert_eq!(counted(&kit).await?, (6 * 2 * 15, expected));
    Ok(())
}

#[do_runtime::test]
async fn what_is_counted_is_what_is_in_the_cart_although_the_power_goes_at_any_point(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    let phone = user(&kit, "ann").sign_in("phone").await?;
    let till = till(&kit, "ann");
    let mut expected = Pieces::new();
    for cut in 0_u32.. {
        let (sku, quantity) = thing(cut);
        let put = || till.put(phone.token, sku, quantity).idempotency_key(format!("put {cut}"));
        kit.disk().cut_power_after(u64::from(cut));
        let told = put().await;
        kit.settle().await;
        let uncut = user(&kit, "ben").sign_in("phone").await.is_ok();
        // The first start is cut short, too, and may fail for it.
        let _ = kit.crash_and_cut(None, u64::from(cut % 11)).await;
        kit.settle().await;
        kit.crash().await?;
        if told.is_err() {
            put().await?; // who was told nothing asks again
        }
        kit.advance("10m").await;
        put_into(&mut expected, sku, quantity);
        assert_eq!(cart(&kit, "ann", &phone).await?, expected, "power cut after {cut} steps");
        assert_eq!(counted(&kit).await?, (u64::from(cut) + 1, expected.clone()), "power cut after {cut} steps");
        assert_eq!((till.under_way().await?, till.refused().await?.len()), (0, 0), "power cut after {cut} steps");
        if uncut {
            assert!(cut > 10, "only {cut} points were tried");
            return Ok(());
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn a_process_that_is_killed_at_any_moment_counts_nothing_twice(kit: TestKit) -> Result {
    let phone = user(&kit, "ann").sign_in("phone").await?;
    let mut expected = Pieces::new();
    for moment in 0..60 {
        let (sku, quantity) = thing(moment);
        till(&kit, "ann").put(phone.token, sku, quantity).await?;
        put_into(&mut expected, sku, quantity);
        for _ in 0..moment {
            tokio::task::yield_now().await;
        }
        kit.crash().await?;
    }
    kit.settle().await;
    assert_eq!(cart(&kit, "ann", &phone).await?, expected);
    assert_eq!(counted(&kit).await?, (60, expected));
    Ok(())
}

#[do_runtime::test]
async fn what_is_not_counted_yet_is_counted_after_a_crash(kit: TestKit) -> Result {
    let phone = user(&kit, "ann").sign_in("phone").await?;
    kit.hold_deliveries(true);
    till(&kit, "ann").put(phone.token, "hat", 2).await?;
    kit.settle().await;
    let expected = Pieces::from([("hat".into(), 2)]);
    assert_eq!(cart(&kit, "ann", &phone).await?, expected, "nobody waits for the numbers");
    assert_eq!(counted(&kit).await?, (0, Pieces::new()));
    kit.crash().await?;
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(counted(&kit).await?, (1, expected));
    Ok(())
}

#[do_runtime::test]
async fn a_session_that_has_ended_adds_nothing(kit: TestKit) -> Result {
    let phone = user(&kit, "ann").sign_in("phone").await?;
    till(&kit, "ann").put(phone.token, "hat", 1).await?;
    kit.advance(hours(24) - millis(1)).await;
    till(&kit, "ann").put(phone.token, "hat", 1).await?;
    kit.settle().await;
    let expected = (2, Pieces::from([("hat".into(), 2)]));
    assert_eq!(counted(&kit).await?, expected, "it lived on for this one");
    kit.advance(hours(24)).await;
    till(&kit, "ann").put(phone.token, "hat", 1).await?;
    let laptop = user(&kit, "ann").sign_in("laptop").await?;
    kit.settle().await;
    assert_eq!(counted(&kit).await?, expected);
    assert_eq!(till(&kit, "ann").refused().await?, ["there is no such session, or it has ended: sign in"]);
    assert_eq!(cart(&kit, "ann", &laptop).await?, Pieces::new());
    Ok(())
}

/// Each is put in the last millisecond of its session, and the machine comes back after it: what was in the cart by then is there
/// and counted, what was not is refused.
#[do_runtime::test]
async fn a_session_that_ends_while_the_power_is_out_adds_nothing(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    let (ann, till) = (user(&kit, "ann"), till(&kit, "ann"));
    let (mut added, mut refused) = (0, 0);
    for cut in 0_u32.. {
        let phone = ann.sign_in("phone").await?;
        let put = || till.put(phone.token, "hat", 1).idempotency_key(format!("put {cut}"));
        kit.advance(hours(24) - millis(1)).await;
        kit.disk().cut_power_after(u64::from(cut));
        let told = put().await;
        kit.settle().await;
        let uncut = user(&kit, "ben").sign_in("phone").await.is_ok();
        kit.advance(millis(1)).await; // a machine without power, unless it is uncut
        kit.crash().await?;
        if told.is_err() {
            put().await?; // who was told nothing asks again
        }
        kit.advance("10m").await;
        match cart(&kit, "ann", &phone).await {
            Ok(cart) => {
                assert_eq!(cart, Pieces::from([("hat".into(), 1)]), "power cut after {cut} steps");
                added += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Denied, "power cut after {cut} steps: {error}");
                refused += 1;
            }
        }
        let (count, pieces) = counted(&kit).await?;
        assert_eq!(
            (count, pieces.get("hat").copied().unwrap_or(0)),
            (added, added as i64),
            "power cut after {cut} steps"
        );
        assert_eq!(till.refused().await?.len(), refused, "power cut after {cut} steps");
        assert_eq!(till.under_way().await?, 0, "power cut after {cut} steps");
        if uncut {
            assert!(added > 2 && refused > 2, "both happen: {added} were added and {refused} refused");
            return Ok(());
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn what_the_cart_does_not_take_is_not_counted(kit: TestKit) -> Result {
    let phone = user(&kit, "ann").sign_in("phone").await?;
    for (sku, quantity) in [("hat", 999), ("hat", 1), ("lamp", 0), ("", 1), ("lamp", 1)] {
        till(&kit, "ann").put(phone.token, sku, quantity).await?;
    }
    kit.settle().await;
    let expected = Pieces::from([("hat".into(), 999), ("lamp".into(), 1)]);
    assert_eq!(cart(&kit, "ann", &phone).await?, expected);
    assert_eq!(counted(&kit).await?, (2, expected));
    assert_eq!(till(&kit, "ann").refused().await?.len(), 3);
    Ok(())
}
