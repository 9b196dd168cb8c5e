//! Rows that expire: gone from the instant on, deleted later.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use serde::{Deserialize, Serialize};

/// Lives thirty seconds from the moment on at which it is written.
#[table(ttl = "30s", index = author, search = body)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Message {
    #[key]
    id: Id<Message>,
    author: String,
    body: String,
    #[references(on_delete = set_null)]
    reply_to: Option<Id<Message>>,
}

/// Lives a minute from its last use on.
#[table(ttl = "1m", ttl_from = used_at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Session {
    #[key]
    id: Id<Session>,
    #[unique]
    token: String,
    #[default(now)]
    used_at: Timestamp,
}

/// Goes with its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    #[key]
    id: Id<Item>,
    #[references(on_delete = cascade)]
    #[index]
    session: Id<Session>,
    name: String,
}

/// Goes with its item.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[key]
    id: Id<Note>,
    #[references(on_delete = cascade)]
    item: Option<Id<Item>>,
    text: String,
}

/// Loses its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    #[key]
    page: String,
    #[references(on_delete = set_null)]
    session: Option<Id<Session>>,
}

/// Goes with the one above it.
#[table(ttl = "1m", ttl_from = at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Branch {
    #[key]
    id: Id<Branch>,
    #[references(on_delete = cascade)]
    above: Option<Id<Branch>>,
    at: Timestamp,
}

/// Says itself when it ends.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Offer {
    #[key]
    name: String,
    price: i64,
    #[expires_at]
    until: Option<Timestamp>,
}

#[durable_object(tables(Message, Session, Item, Note, Visit, Branch, Offer))]
struct Shop {
    #[stored]
    calls: u64,
}

#[durable_object]
impl Shop {
    #[rpc]
    fn say(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result<Message> {
        self.calls += 1;
        cx.insert(Message::new(author, body, None))
    }

    #[rpc]
    fn reply(&mut self, cx: &mut Cx<Self>, to: Id<Message>, body: String) -> Result<Message> {
        cx.insert(Message::new("bob", body, Some(to)))
    }

    #[rpc]
    fn messages(&self, cx: &Cx<Self>) -> Result<Vec<Message>> {
        sql!(cx, Message, "SELECT * FROM message ORDER BY id", allow(scan, "few")).all()
    }

    #[rpc]
    fn message(&self, cx: &Cx<Self>, id: Id<Message>) -> Result<Option<Message>> {
        cx.get::<Message>(id)
    }

    /// By each of the ways: the finder, its count, the table's count, full text, its count, SQL without the check.
    #[rpc]
    fn counts(&self, cx: &Cx<Self>, author: &str, word: &str) -> Result<Vec<usize>> {
        let unchecked = cx.sql_unchecked::<i64>("SELECT count(*) FROM message", ()).one()?;
        Ok(vec![
            Message::by_author(cx, author).all()?.len(),
            Message::by_author(cx, author).count()? as usize,
            cx.count::<Message>()? as usize,
            Message::search(cx, word).all()?.len(),
            Message::search(cx, word).count()? as usize,
            unchecked as usize,
        ])
    }

    #[rpc]
    fn found(&self, cx: &Cx<Self>, word: &str) -> Result<Vec<String>> {
        sql!(
            cx,
            String,
            "SELECT message.body FROM message_search JOIN message ON message.id = message_search.rowid
             WHERE message_search MATCH :word ORDER BY rank LIMIT 10"
        )
        .all()
    }

    #[rpc]
    fn log_in(&mut self, cx: &mut Cx<Self>, token: String) -> Result<Session> {
        self.calls += 1;
        let session = cx.insert(Session::new(token))?;
        let item = cx.insert(Item::new(session.id, "pen"))?;
        cx.insert(Note::new(Some(item.id), "blue"))?;
        cx.upsert(Visit { page: session.token.clone(), session: Some(session.id) })?;
        Ok(session)
    }

    #[rpc]
    fn log_in_at(&mut self, cx: &mut Cx<Self>, token: String, used_at: Timestamp) -> Result<Session> {
        self.calls += 1;
        cx.kv_mut().put("last", &token)?;
        cx.insert(Session::new(token).used_at(used_at))
    }

    #[rpc]
    fn touch(&mut self, cx: &mut Cx<Self>, token: &str) -> Result<Option<Session>> {
        let now = cx.now();
        sql!(cx, Session, "UPDATE session SET used_at = :now WHERE token = :token RETURNING *").optional()
    }

    #[rpc]
    fn update(&mut self, cx: &mut Cx<Self>, session: Session) -> Result {
        cx.update(&session)
    }

    #[rpc]
    fn remove(&mut self, cx: &mut Cx<Self>, id: Id<Session>) -> Result<bool> {
        cx.delete::<Session>(id)
    }

    #[rpc]
    fn session(&self, cx: &Cx<Self>, token: &str) -> Result<Option<Session>> {
        Session::by_token(cx, token)
    }

    /// Sessions, items, notes, visits, visits with a session.
    #[rpc]
    fn seen(&self, cx: &Cx<Self>) -> Result<(i64, i64, i64, i64, i64)> {
        let with_session = "SELECT count(session) FROM visit";
        Ok((
            cx.count::<Session>()?,
            cx.count::<Item>()?,
            cx.count::<Note>()?,
            cx.count::<Visit>()?,
            cx.sql_unchecked::<i64>(with_session, ()).one()?,
        ))
    }

    #[rpc]
    fn visit(&self, cx: &Cx<Self>, page: &str) -> Result<Option<Visit>> {
        cx.get::<Visit>(page)
    }

    #[rpc]
    fn grow(&mut self, cx: &mut Cx<Self>, above: Option<Id<Branch>>, at: Timestamp) -> Result<Id<Branch>> {
        Ok(cx.insert(Branch::new(above, at))?.id)
    }

    #[rpc]
    fn branches(&self, cx: &Cx<Self>) -> Result<Vec<Id<Branch>>> {
        sql!(cx, Id<Branch>, "SELECT id FROM branch ORDER BY id", allow(scan, "few")).all()
    }

    #[rpc]
    fn offer(&mut self, cx: &mut Cx<Self>, name: String, price: i64, until: Option<Timestamp>) -> Result<Offer> {
        cx.upsert(Offer { name, price, until })
    }

    /// The names in which the key and the index have them.
    #[rpc]
    fn offers(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT name FROM offer ORDER BY name", allow(scan, "few")).all()
    }

    /// Writes a row that has expired, and takes it away again.
    #[rpc]
    fn pass(&mut self, cx: &mut Cx<Self>) -> Result {
        let past = cx.now() - hours(1);
        let session = cx.insert(Session::new("past").used_at(past))?;
        cx.delete::<Session>(session.id).map(drop)
    }

    /// A part that is undone, after which the rest goes on.
    #[rpc]
    fn undo_part(&mut self, cx: &mut Cx<Self>, token: String) -> Result<bool> {
        let past = cx.now() - hours(1);
        let undone = cx.savepoint(self, |_, cx| {
            cx.insert(Session::new("past").used_at(past))?;
            bail!("never mind") as Result
        });
        cx.insert(Session::new(token))?;
        Ok(undone.is_err())
    }

    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>, count: i64) -> Result<u64> {
        let now = cx.now();
        sql!(
            cx,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
             INSERT INTO session (token, used_at) SELECT 'filled ' || i, :now FROM n"
        )
        .run()
    }

    #[rpc]
    fn fail(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.insert(Session::new("never"))?;
        bail!("it fails")
    }

    /// Lets no session be deleted before this time.
    #[rpc]
    fn keep_until(&mut self, cx: &mut Cx<Self>, time: Timestamp) -> Result {
        let until = time.as_millis();
        let sql = format!(
            "CREATE TRIGGER keep BEFORE DELETE ON session WHEN unixepoch('subsec') * 1000 < {until}
             BEGIN SELECT RAISE(ABORT, 'they are kept'); END"
        );
        cx.sql_unchecked::<()>(&sql, ()).run().map(drop)
    }

    #[rpc]
    fn calls(&self) -> Result<u64> {
        Ok(self.calls)
    }
}

async fn on_disk(kit: &TestKit, shop: &ShopStub) -> Result<(u64, u64, u64, u64)> {
    Ok((
        kit.physical_rows::<Session>(shop).await?,
        kit.physical_rows::<Item>(shop).await?,
        kit.physical_rows::<Note>(shop).await?,
        kit.physical_rows::<Visit>(shop).await?,
    ))
}

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

/// When the cleanup of an object is due, after now.
async fn cleanup_in(kit: &TestKit, shop: &ShopStub) -> Result<Option<std::time::Duration>> {
    let pending = kit.pending_alarms(shop).await?;
    assert!(pending.iter().all(|alarm| alarm.method() == "cleanup"));
    let millis_left = pending.first().map(|alarm| alarm.due().as_millis() - kit.now().as_millis());
    Ok(millis_left.map(|left| millis(left.unsigned_abs())))
}

#[do_runtime::test]
async fn the_cleanup_comes_with_the_first_expiry_and_then_hourly(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    shop.offer("ink", 1, None).await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    shop.log_in("t").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(1)));
    shop.say("ann", "hello").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(secs(30)));
    kit.advance("30s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 0);
    // The session ends half a minute later, and stays on disk for the rest of the hour.
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(hours(1)));
    kit.advance("59m 59s").await;
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 1));
    kit.advance("1s").await;
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    // After a pause the next one comes at once again.
    kit.advance("3h").await;
    shop.log_in("t").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(1)));
    Ok(())
}

#[do_runtime::test]
async fn the_hour_between_two_cleanups_outlives_sleep_and_crash(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.say("ann", "hello").await?;
    kit.advance("30s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 0);
    kit.crash().await?;
    kit.advance("10m").await;
    shop.say("ann", "hello").await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(50)));
    kit.evict(&shop).await?;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(50)));
    kit.restart().await?;
    kit.advance("49m 59s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 1);
    kit.advance("1s").await;
    assert_eq!(kit.physical_rows::<Message>(&shop).await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_of_many_rows_is_finished_at_once(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.fill(3_500).await?;
    kit.evict(&shop).await?;
    kit.advance("1m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 0);
    assert_eq!(cleanup_in(&kit, &shop).await?, None);
    kit.crash().await?;
    assert_eq!(on_disk(&kit, &shop).await?.0, 0);
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_that_is_held_back_stays_so_over_crash_and_restart(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    kit.hold_cleanup(true);
    kit.advance("1h").await;
    kit.crash().await?;
    kit.advance("1h").await;
    kit.restart().await?;
    kit.advance("1h").await;
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    assert_eq!(on_disk(&kit, &shop).await?, (1, 1, 1, 1));
    kit.hold_cleanup(false);
    kit.advance("1m").await;
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_that_fails_comes_again_after_five_minutes(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    shop.keep_until(kit.now() + minutes(7)).await?;
    kit.advance("1m").await;
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(5)));
    // Nobody sees the row, and who writes is told.
    assert_eq!(shop.seen().await?, (0, 0, 0, 1, 0));
    let error = shop.log_in("u").await.expect_err("it can't be deleted");
    assert_eq!(error.to_string(), "what has expired could not be deleted: they are kept");
    kit.advance("5m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 1);
    assert_eq!(cleanup_in(&kit, &shop).await?, Some(minutes(5)));
    kit.advance("5m").await;
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_cleanup_is_no_use_that_keeps_an_object_awake(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.log_in("t").await?;
    kit.advance("30s").await;
    assert_eq!(kit.awake(), []);
    kit.advance("33s").await;
    assert_eq!(kit.awake(), []);
    assert_eq!(on_disk(&kit, &shop).await?, (0, 0, 0, 1));
    Ok(())
}

#[do_runtime::test]
async fn what_is_deleted_leaves_room(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("a");
    shop.fill(20_000).await?;
    let full = kit.inside(&shop, |_, cx| cx.storage_size()).await?;
    kit.advance("2m").await;
    assert_eq!(on_disk(&kit, &shop).await?.0, 0);
    let left = kit.inside(&shop, |_, cx| cx.storage_size()).await?;
    assert!(left < full / 2, "{full} bytes became {left}");
    Ok(())
}
