//! When rows are over, and what goes with them.

use super::*;

#[do_runtime::test]
async fn a_row_is_gone_at_the_instant_and_not_before(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shop = kit.objects().get_by_name::<Shop>("a");
    let message = shop.say("ann", "hello").await?;
    kit.advance("29s 999ms").await;
    assert_eq!(shop.messages().await?, std::slice::from_ref(&message));
    assert_eq!(shop.message(message.id).await?, Some(message.clone()));
    assert_eq!(shop.counts("ann", "hello").await?, [1; 6]);
    kit.advance("1ms").await;
    assert_eq!(shop.messages().await?, []);
    assert_eq!(shop.message(message.id).await?, None);
    assert_eq!(shop.counts("ann", "hello").await?, [0; 6]);
    assert_eq!(shop.found("hello").await?, [""; 0]);
    // It is still there, and the next that writes deletes it.
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 1);
    shop.say("bob", "hi").await?;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 1);
    assert_eq!(shop.counts("bob", "hi").await?, [1; 6]);
    assert_eq!(shop.found("hi OR hello").await?, ["hi"]);
    Ok(())
}

#[do_runtime::test]
async fn a_key_and_a_unique_index_are_free_at_the_instant(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    shop.offer("pen", 1, Some(kit.now() + minutes(1))).await?;
    let taken = shop.log_in("t").await.expect_err("it is taken");
    assert_eq!(taken.kind(), ErrorKind::Conflict);
    kit.advance("1m").await;
    assert_eq!(shop.log_in("t").await?.used_at, kit.now());
    // Nothing of the first login came back.
    assert_eq!(shop.seen().await?, (1, 1, 1, 1, 1));
    assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 1));
    Ok(())
}

#[do_runtime::test]
async fn what_cascades_goes_along_and_what_refers_loses_its_reference(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    kit.advance("30s").await;
    let second = shop.log_in("u").await?;
    assert_eq!(shop.seen().await?, (2, 2, 2, 2, 2));
    kit.advance("30s").await;
    assert_eq!(shop.seen().await?, (1, 1, 1, 2, 1));
    assert_eq!(shop.visit("t").await?, Some(Visit { page: "t".into(), session: None }));
    assert_eq!(shop.visit("u").await?.and_then(|visit| visit.session), Some(second.id));
    assert_eq!(on_disk(&kit, &shop).await?, (2, 2, 2, 2));
    // What writes next finds the same.
    shop.touch("u").await?;
    assert_eq!(shop.seen().await?, (1, 1, 1, 2, 1));
    assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 2));
    Ok(())
}

#[do_runtime::test]
async fn a_reply_outlives_what_it_answers(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    let message = shop.say("ann", "hello").await?;
    kit.advance("20s").await;
    let reply = shop.reply(message.id, "hi").await?;
    kit.advance("10s").await;
    assert_eq!(shop.messages().await?, [Message { reply_to: None, ..reply.clone() }]);
    assert_eq!(shop.message(reply.id).await?.and_then(|reply| reply.reply_to), None);
    Ok(())
}

#[do_runtime::test]
async fn what_hangs_on_a_row_of_its_own_table_goes_with_it(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shop = kit.objects().get_by_name::<Shop>("a");
    let (now, later) = (kit.now(), kit.now() + hours(1));
    let root = shop.grow(None, now).await?;
    let branch = shop.grow(Some(root), later).await?;
    let twig = shop.grow(Some(branch), later).await?;
    let other = shop.grow(None, later).await?;
    assert_eq!(shop.branches().await?, [root, branch, twig, other]);
    kit.advance("1m").await;
    assert_eq!(shop.branches().await?, [other]);
    assert_eq!(kit.physical_rows::<Branch>(&shop).await?, 4);
    let refused = shop.grow(Some(twig), later).await.expect_err("it hangs on nothing");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    Ok(())
}

#[do_runtime::test]
async fn use_moves_the_end_and_the_end_can_be_moved_back(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    let session = shop.log_in("t").await?;
    for _ in 0..5 {
        kit.advance("59s").await;
        assert!(shop.touch("t").await?.is_some());
    }
    assert!(shop.session("t").await?.is_some());
    let earlier = kit.now() - secs(50);
    shop.update(Session { used_at: earlier, ..session.clone() }).await?;
    kit.advance("9s 999ms").await;
    assert!(shop.session("t").await?.is_some());
    kit.advance("1ms").await;
    assert_eq!(shop.session("t").await?, None);
    assert_eq!(shop.touch("t").await?, None);
    assert_eq!(shop.update(session.clone()).await.expect_err("it is gone").kind(), ErrorKind::NotFound);
    assert!(!shop.remove(session.id).await?);
    Ok(())
}

#[do_runtime::test]
async fn a_row_may_say_itself_when_it_ends_or_that_it_never_does(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.offer("pen", 1, Some(kit.now() + secs(10))).await?;
    shop.offer("ink", 2, None).await?;
    shop.offer("nib", 3, Some(kit.now() + secs(20))).await?;
    kit.advance("10s").await;
    assert_eq!(shop.offers().await?, ["ink", "nib"]);
    shop.offer("nib", 3, None).await?;
    kit.advance("400d").await;
    assert_eq!(shop.offers().await?, ["ink", "nib"]);
    Ok(())
}

#[do_runtime::test]
async fn a_row_that_is_over_already_is_invalid_and_nothing_of_the_call_is_kept(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    let past = kit.now() - minutes(1);
    let error = shop.log_in_at("u", past).await.expect_err("it is over");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "a row of `Session` was written that has expired already: its `used_at` lies 1m or more in the past"
    );
    assert_eq!(shop.calls().await?, 1);
    assert_eq!(kit.inside(&shop, |_, cx| cx.kv().get::<String>("last")).await?, None);
    assert_eq!(on_disk(&kit, &shop).await?.0, 1);
    let error = shop.offer("pen", 1, Some(kit.now())).await.expect_err("it is over");
    assert_eq!(
        error.to_string(),
        "a row of `Offer` was written that has expired already: its `until` is not after now"
    );
    // A millisecond is enough.
    shop.log_in_at("u", past + millis(1)).await?;
    kit.advance("1ms").await;
    assert_eq!(shop.session("u").await?, None);
    Ok(())
}

#[do_runtime::test]
async fn only_what_a_handler_leaves_behind_counts(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.pass().await?;
    assert!(shop.undo_part("t").await?);
    assert!(shop.session("t").await?.is_some());
    assert_eq!(on_disk(&kit, &shop).await?.0, 1);
    Ok(())
}

#[do_runtime::test]
async fn what_a_failed_call_deleted_stays_invisible(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    kit.advance("1m").await;
    for _ in 0..2 {
        assert_eq!(shop.fail().await.expect_err("it fails").to_string(), "it fails");
        assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
        assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 1));
    }
    Ok(())
}

#[do_runtime::test]
async fn more_rows_than_one_transaction_takes_are_deleted_in_several(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.fill(3_500).await?;
    kit.advance("1m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 3_500);
    assert_eq!(shop.seen().await?.0, 0);
    assert!(shop.fail().await.is_err());
    // The last part belonged to the handler that failed.
    assert_eq!(on_disk(&kit, &shop).await?.0, 500);
    shop.log_in("t").await?;
    assert_eq!(on_disk(&kit, &shop).await?.0, 1);
    kit.crash().await?;
    assert_eq!(on_disk(&kit, &shop).await?.0, 1);
    Ok(())
}

#[do_runtime::test]
async fn the_end_survives_eviction_restart_and_crash(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.say("ann", "hello").await?;
    shop.log_in("t").await?;
    kit.evict(&shop).await?;
    kit.advance("29s").await;
    assert_eq!(shop.messages().await?.len(), 1);
    kit.crash().await?;
    kit.advance("1s").await;
    assert_eq!(shop.messages().await?, []);
    kit.restart().await?;
    assert_eq!(shop.messages().await?, []);
    kit.advance("30s").await;
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    Ok(())
}

#[do_runtime::test]
async fn a_clock_that_jumps_is_believed(kit: TestKit) -> Result {
    kit.hold_cleanup(true);
    let shop = kit.objects().get_by_name::<Shop>("a");
    let begin = kit.now();
    shop.log_in("t").await?;
    kit.set_time(begin + days(1000)).await;
    assert_eq!(shop.session("t").await?, None);
    kit.set_time(begin + secs(59)).await;
    // Nobody has written meanwhile.
    assert!(shop.session("t").await?.is_some());
    kit.set_time(begin - days(10)).await;
    assert!(shop.session("t").await?.is_some());
    shop.log_in("earlier").await?;
    kit.set_time(begin).await;
    assert!(shop.session("earlier").await?.is_none());
    assert!(shop.session("t").await?.is_some());
    kit.set_time(begin + minutes(1)).await;
    assert_eq!(shop.seen().await?, (0, 0, 0, 2, 0));
    Ok(())
}

/// The same history against a model that remembers when each row ends.
#[do_runtime::test]
async fn a_random_history_agrees_with_a_model(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut sessions = std::collections::BTreeMap::<String, Timestamp>::new();
    let mut messages = Vec::<(Id<Message>, Timestamp, Option<Id<Message>>)>::new();
    for step in 0..400 {
        kit.advance(millis(random(20_000))).await;
        let now = kit.now();
        sessions.retain(|_, end| *end > now);
        messages.retain(|(_, end, _)| *end > now);
        let living: Vec<Id<Message>> = messages.iter().map(|(id, ..)| *id).collect();
        for (_, _, to) in &mut messages {
            *to = to.filter(|to| living.contains(to));
        }
        let token = format!("t{}", random(6));
        match random(8) {
            0 | 1 => {
                let logged_in = shop.log_in_at(token.clone(), now).await;
                assert_eq!(logged_in.is_ok(), !sessions.contains_key(&token), "step {step}: {logged_in:?}");
                sessions.entry(token).or_insert(now + minutes(1));
            }
            2 => {
                let touched = shop.touch(&token).await?;
                assert_eq!(touched.is_some(), sessions.contains_key(&token), "step {step}");
                sessions.entry(token).and_modify(|end| *end = now + minutes(1));
            }
            3 => {
                let message = match living.last() {
                    Some(to) => shop.reply(*to, "hello").await?,
                    None => shop.say("ann", "hello").await?,
                };
                messages.push((message.id, now + secs(30), message.reply_to));
            }
            4 => assert!(shop.fail().await.is_err()),
            5 => kit.evict(&shop).await?,
            _ => {}
        }
        for token in (0..6).map(|token| format!("t{token}")) {
            assert_eq!(shop.session(&token).await?.is_some(), sessions.contains_key(&token), "step {step}");
        }
        let seen: Vec<_> = shop.messages().await?.into_iter().map(|message| (message.id, message.reply_to)).collect();
        let expected: Vec<_> = messages.iter().map(|(id, _, to)| (*id, *to)).collect();
        assert_eq!(seen, expected, "step {step}");
        assert_eq!(shop.found("hello").await?.len().min(10), expected.len().min(10), "step {step}");
    }
    Ok(())
}
