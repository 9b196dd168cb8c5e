//! Messages that objects send: in order, once, over crashes on either side, and what becomes of those that nobody takes.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use serde::{Deserialize, Serialize};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// What was received.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Letter {
    #[key]
    id: Id<Letter>,
    from: String,
    text: String,
}

#[durable_object(tables(Letter))]
struct Mailbox {
    /// How many letters it refuses.
    #[stored]
    refusals: u32,
    #[stored]
    attempts: u32,
    /// It can't be reached.
    #[stored]
    away: bool,
}

#[durable_object]
impl Mailbox {
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        let from = cx.meta().caller()?.to_string();
        cx.insert(Letter::new(from, text)).map(drop)
    }

    #[rpc]
    fn put_unless_cross(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        ensure!(self.refusals == 0, "not today");
        self.put(cx, text)
    }

    #[rpc]
    fn panic(&mut self) -> Result {
        panic!("nobody opens this box")
    }

    #[rpc]
    fn put_trace(&mut self, cx: &mut Cx<Self>) -> Result {
        let trace = cx.meta().trace().context("a message of a trace")?.to_string();
        self.put(cx, trace)
    }

    #[rpc]
    fn put_unless_away(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        if self.away {
            return Err(Error::new(ErrorKind::Unavailable, "nobody is at home"));
        }
        self.put(cx, text)
    }

    #[rpc]
    fn go_away(&mut self, away: bool) -> Result {
        self.away = away;
        Ok(())
    }

    /// A slow reader: it waits, then writes.
    #[rpc]
    async fn put_later(this: This<Self>, text: String, after: u64) -> Result {
        this.sleep(secs(after)).await?;
        this.update(|me, cx| me.put(cx, text)).await
    }

    #[rpc]
    fn be_cross(&mut self, refusals: u32) -> Result {
        self.refusals = refusals;
        Ok(())
    }

    #[rpc]
    fn letters(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT text FROM letter ORDER BY id", allow(scan, "a test")).all()
    }

    #[rpc]
    fn senders(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT DISTINCT \"from\" FROM letter", allow(scan, "a test")).all()
    }

    /// Passes everything on, so that a letter goes round.
    #[rpc]
    fn forward(&mut self, cx: &mut Cx<Self>, to: String, text: String) -> Result {
        self.put(cx, text.clone())?;
        let next = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(next.put(format!("{text}, forwarded")))
    }
}

/// What the outbox says of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Described {
    class: String,
    name: Option<String>,
    receiver: String,
    sent: Timestamp,
    due: Option<Timestamp>,
}

/// A message's number and method, how often it was tried, and the last error.
type OnItsWay = (u64, String, u32, Option<String>);

#[durable_object]
struct Author {
    #[stored]
    written: u32,
}

#[durable_object]
impl Author {
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, to: Vec<String>, text: String) -> Result {
        self.written += 1;
        for name in to {
            let mailbox = cx.objects().get_by_name::<Mailbox>(name);
            cx.send(mailbox.put_unless_cross(text.clone()))?;
        }
        Ok(())
    }

    #[rpc]
    fn write_and_fail(&mut self, cx: &mut Cx<Self>, to: String) -> Result {
        let mailbox = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(mailbox.put("never"))?;
        bail!("second thoughts")
    }

    #[rpc]
    fn bother(&mut self, cx: &mut Cx<Self>, to: String) -> Result {
        let mailbox = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(mailbox.panic())?;
        cx.send(mailbox.put("after the panic"))
    }

    #[rpc]
    fn write_with(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        let letter = cx.objects().get_by_name::<Mailbox>("bob").put_trace();
        cx.send(match what {
            "a caller" => letter.caller("ann"),
            "a deadline" => letter.deadline("1s"),
            "an idempotency key" => letter.idempotency_key("1"),
            "a retry policy" => letter.retry(RetryPolicy::default()),
            "a trace" => letter.trace(TRACE),
            _ => letter.trace(what),
        })
    }

    #[rpc]
    fn write_slowly(&mut self, cx: &mut Cx<Self>, to: String) -> Result {
        let mailbox = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(mailbox.put_later("slow", 5))?;
        cx.send(mailbox.put("after the slow one"))
    }

    /// Each of them takes so many seconds to read it.
    #[rpc]
    fn write_for(&mut self, cx: &mut Cx<Self>, to: Vec<String>, after: u64) -> Result {
        to.into_iter().try_for_each(|name| {
            let mailbox = cx.objects().get_by_name::<Mailbox>(name);
            cx.send(mailbox.put_later("slow", after))
        })
    }

    #[rpc]
    fn write_to_vault(&mut self, cx: &mut Cx<Self>) -> Result {
        self.written += 1;
        let vault = cx.objects().get_by_name::<Vault>("the vault");
        cx.send(vault.shut())
    }

    #[rpc]
    fn write_home(&mut self, cx: &mut Cx<Self>, to: String, text: String) -> Result {
        self.written += 1;
        let mailbox = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(mailbox.put_unless_away(text))
    }

    #[rpc]
    fn say_goodbye(&mut self, cx: &mut Cx<Self>, to: String) -> Result {
        let mailbox = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(mailbox.put("goodbye"))?;
        self.written = 0;
        cx.delete_all()
    }

    /// The messages on their way.
    #[rpc]
    fn pending(&self, cx: &Cx<Self>) -> Result<Vec<OnItsWay>> {
        let pending = cx.outbox().pending()?;
        Ok(pending
            .iter()
            .map(|message| {
                let error = message.error().map(str::to_owned);
                (message.sequence(), message.method().to_owned(), message.attempt(), error)
            })
            .collect())
    }

    /// All that is said of the messages on their way, and of those that were set aside.
    #[rpc]
    fn described(&self, cx: &Cx<Self>) -> Result<Vec<Described>> {
        let describe = |message: &do_runtime::OutboxMessage| Described {
            class: message.class().to_owned(),
            name: message.name().map(str::to_owned),
            receiver: message.receiver().to_string(),
            sent: message.sent(),
            due: message.due(),
        };
        let (pending, failed) = (cx.outbox().pending()?, cx.outbox().failed()?);
        Ok(pending.iter().chain(&failed).map(describe).collect())
    }

    #[rpc]
    fn failed(&self, cx: &Cx<Self>) -> Result<Vec<(u64, String)>> {
        let failed = cx.outbox().failed()?;
        Ok(failed.iter().map(|message| (message.sequence(), message.error().unwrap_or_default().to_owned())).collect())
    }

    #[rpc]
    fn send_again(&mut self, cx: &mut Cx<Self>, sequence: u64) -> Result<Option<u64>> {
        cx.outbox_mut().send_again(sequence)
    }

    #[rpc]
    fn discard(&mut self, cx: &mut Cx<Self>, sequence: u64) -> Result<bool> {
        cx.outbox_mut().discard(sequence)
    }
}

/// Can't be woken any more once it is shut.
#[durable_object]
struct Vault {
    #[stored]
    shut: bool,
}

#[durable_object]
impl Vault {
    #[init]
    fn wake(&mut self) -> Result {
        ensure!(!self.shut, "it is shut");
        Ok(())
    }

    #[rpc]
    fn shut(&mut self) -> Result {
        self.shut = true;
        Ok(())
    }
}

/// Says hello whenever it wakes.
#[durable_object]
struct Greeter {
    #[stored]
    asked: u32,
}

#[durable_object]
impl Greeter {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        let mailbox = cx.objects().get_by_name::<Mailbox>("bob");
        cx.send(mailbox.put("hello"))
    }

    #[rpc]
    fn ask(&mut self) -> Result {
        self.asked += 1;
        Ok(())
    }

    #[rpc]
    fn asked(&self) -> Result<u32> {
        Ok(self.asked)
    }
}

fn ann(kit: &TestKit) -> AuthorStub {
    kit.objects().get_by_name::<Author>("ann")
}

fn mailbox(kit: &TestKit, name: &str) -> MailboxStub {
    kit.objects().get_by_name::<Mailbox>(name)
}

fn to(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[do_runtime::test]
async fn what_a_transaction_sends_arrives_once_and_in_order(kit: TestKit) -> Result {
    for text in ["one", "two", "three"] {
        ann(&kit).write(to(&["bob", "cid"]), text).await?;
    }
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["one", "two", "three"]);
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["one", "two", "three"]);
    assert_eq!(mailbox(&kit, "bob").senders().await?, ["Author \"ann\""]);
    assert!(ann(&kit).pending().await?.is_empty());
    assert!(kit.pending_alarms(&ann(&kit)).await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_a_transaction_that_failed_has_sent_was_never_sent(kit: TestKit) -> Result {
    assert!(ann(&kit).write_and_fail("bob").await.is_err());
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_receiver_may_send_on(kit: TestKit) -> Result {
    mailbox(&kit, "bob").forward("cid", "hello").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["hello, forwarded"]);
    Ok(())
}

#[do_runtime::test]
async fn a_letter_to_oneself_arrives(kit: TestKit) -> Result {
    mailbox(&kit, "bob").forward("bob", "note").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["note", "note, forwarded"]);
    Ok(())
}

#[do_runtime::test]
async fn what_a_wake_sends_goes_once_the_object_exists(kit: TestKit) -> Result {
    let greeter = kit.objects().get_by_name::<Greeter>("greeter");
    assert_eq!(greeter.asked().await?, 0);
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    greeter.ask().await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello"]);
    kit.evict(&greeter).await?;
    greeter.asked().await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello", "hello"]);
    Ok(())
}

#[do_runtime::test]
async fn a_message_that_is_too_large_is_refused_where_it_is_sent(kit: TestKit) -> Result {
    let error = ann(&kit).write(to(&["bob"]), "x".repeat(3 << 20)).await.err().context("it was sent")?;
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn held_messages_wait_over_crashes_and_go_when_they_are_let_go(kit: TestKit) -> Result {
    kit.hold_deliveries(true);
    ann(&kit).write(to(&["bob"]), "one").await?;
    kit.advance("1h").await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    kit.crash().await?;
    ann(&kit).write(to(&["bob"]), "two").await?;
    kit.settle().await;
    assert_eq!(ann(&kit).pending().await?.len(), 2);
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["one", "two"]);
    Ok(())
}

#[do_runtime::test]
async fn a_refused_message_is_tried_seven_times_and_then_set_aside(kit: TestKit) -> Result {
    mailbox(&kit, "bob").be_cross(9).await?;
    ann(&kit).write(to(&["bob", "cid"]), "one").await?;
    ann(&kit).write(to(&["bob"]), "two").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["one"], "another receiver does not wait");
    let pending = ann(&kit).pending().await?;
    assert_eq!(pending[0], (1, "put_unless_cross".into(), 1, Some("not today".into())));
    assert_eq!(pending[1], (3, "put_unless_cross".into(), 0, None), "the next one waits behind it");

    // After 2, 4, 8, 16, 32 and 64 seconds.
    kit.advance("125s").await;
    assert_eq!(ann(&kit).pending().await?[0].2, 6);
    assert!(ann(&kit).failed().await?.is_empty());
    kit.advance("1s").await;
    assert_eq!(ann(&kit).failed().await?, [(1, "not today".into())]);
    mailbox(&kit, "bob").be_cross(0).await?;
    kit.advance("2s").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["two"], "the next one goes on");

    assert_eq!(ann(&kit).send_again(1).await?, Some(4));
    assert_eq!(ann(&kit).send_again(1).await?, None);
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["two", "one"]);
    assert!(ann(&kit).failed().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_message_says_where_it_goes_when_it_was_sent_and_when_it_is_tried_next(kit: TestKit) -> Result {
    let sent = kit.now();
    mailbox(&kit, "bob").be_cross(9).await?;
    ann(&kit).write(to(&["bob", "bob"]), "one").await?;
    kit.settle().await;
    let bob = |due| Described {
        class: "Mailbox".into(),
        name: Some("bob".into()),
        receiver: mailbox(&kit, "bob").id().to_string(),
        sent,
        due,
    };
    assert_eq!(ann(&kit).described().await?, [bob(Some(sent + secs(2))), bob(None)]);
    // The first one is set aside; then the second one is the next of its receiver.
    kit.advance("130s").await;
    let next = sent + secs(126) + secs(2) + secs(4);
    assert_eq!(ann(&kit).described().await?, [bob(Some(next)), bob(None)]);
    assert_eq!(ann(&kit).failed().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn a_receiver_that_can_not_be_reached_is_tried_ever_more_rarely_for_seven_days(kit: TestKit) -> Result {
    mailbox(&kit, "bob").go_away(true).await?;
    mailbox(&kit, "cid").go_away(true).await?;
    for name in ["bob", "cid", "bob"] {
        ann(&kit).write_home(name, "one").await?;
    }
    let tried = async || -> Result<u32> { Ok(ann(&kit).pending().await?[0].2) };
    kit.settle().await;
    assert_eq!(ann(&kit).pending().await?[0].3.as_deref(), Some("nobody is at home"));
    // After 1, 2 and 4 seconds, and so on.
    for (attempts, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)] {
        assert_eq!(tried().await?, attempts);
        kit.advance(millis(seconds * 1000 - 1)).await;
        assert_eq!(tried().await?, attempts, "not before its time");
        kit.advance(millis(1)).await;
    }
    kit.advance("6d").await;
    kit.advance("21h").await;
    assert!(ann(&kit).failed().await?.is_empty());
    assert!(tried().await? > 100, "each hour at least");
    // Who is back in time gets everything, in order; for the others it was in vain.
    mailbox(&kit, "bob").go_away(false).await?;
    kit.advance("1h").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["one", "one"]);
    assert!(ann(&kit).failed().await?.is_empty(), "seven days are not over");
    kit.advance("3h").await;
    assert_eq!(ann(&kit).failed().await?, [(2, "nobody is at home".to_owned())]);
    assert!(ann(&kit).pending().await?.is_empty());
    // The next one has seven days of its own.
    ann(&kit).write_home("cid", "two").await?;
    kit.advance("2h").await;
    assert!(tried().await? > 1);
    mailbox(&kit, "cid").go_away(false).await?;
    kit.advance("1h").await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["two"]);
    Ok(())
}

#[do_runtime::test]
async fn a_receiver_that_can_not_be_woken_has_not_refused_anything(kit: TestKit) -> Result {
    let vault = kit.objects().get_by_name::<Vault>("the vault");
    vault.shut().await?;
    kit.evict(&vault).await?;
    ann(&kit).write_to_vault().await?;
    kit.advance("1h").await;
    assert!(ann(&kit).failed().await?.is_empty(), "seven refusals take two minutes");
    let (_, _, attempts, error) = ann(&kit).pending().await?.remove(0);
    assert!(attempts > 7 && error.is_some_and(|error| error.contains("it is shut")), "{attempts} attempts");
    Ok(())
}

#[do_runtime::test]
async fn no_receiver_waits_for_another_one_as_long_as_there_are_places(kit: TestKit) -> Result {
    ann(&kit).write_for(to(&["bob"]), 3600).await?;
    ann(&kit).write(to(&["cid"]), "one").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "cid").letters().await?, ["one"], "bob is reading");
    // With those who read all day there are sixteen; then the next one waits until anybody has read.
    let slow: Vec<String> = (0..15).map(|number| format!("reader {number}")).collect();
    ann(&kit).write_for(slow, 36_000).await?;
    kit.settle().await;
    ann(&kit).write(to(&["dan"]), "two").await?;
    kit.advance("59m").await;
    assert!(mailbox(&kit, "dan").letters().await?.is_empty());
    kit.advance("1m").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["slow"]);
    assert_eq!(mailbox(&kit, "dan").letters().await?, ["two"]);
    Ok(())
}

#[do_runtime::test]
async fn what_was_set_aside_can_be_discarded(kit: TestKit) -> Result {
    mailbox(&kit, "bob").be_cross(1).await?;
    ann(&kit).write(to(&["bob"]), "one").await?;
    kit.advance("10m").await;
    assert!(ann(&kit).discard(1).await?);
    assert!(!ann(&kit).discard(1).await?);
    assert!(ann(&kit).failed().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_handler_that_panics_holds_its_message_up_and_not_those_after_it(kit: TestKit) -> Result {
    ann(&kit).bother("bob").await?;
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    assert!(ann(&kit).pending().await?[0].3.as_deref().is_some_and(|error| error.contains("nobody opens this box")));
    kit.advance("3m").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["after the panic"]);
    assert_eq!(ann(&kit).failed().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn an_asynchronous_receiver_is_waited_for(kit: TestKit) -> Result {
    ann(&kit).write_slowly("bob").await?;
    kit.settle().await;
    assert!(mailbox(&kit, "bob").letters().await?.is_empty());
    kit.advance("5s").await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["slow", "after the slow one"]);
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn an_erased_object_goes_when_its_last_message_has_arrived(kit: TestKit) -> Result {
    ann(&kit).write(to(&["bob"]), "hello").await?;
    kit.settle().await;
    kit.hold_deliveries(true);
    ann(&kit).say_goodbye("bob").await?;
    kit.settle().await;
    assert_eq!(kit.list::<Author>().await?.len(), 1);
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello", "goodbye"]);
    assert!(kit.list::<Author>().await?.is_empty());

    // Another life counts from one again, and is another sender.
    ann(&kit).write(to(&["bob"]), "hello again").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["hello", "goodbye", "hello again"]);
    Ok(())
}

#[do_runtime::test]
async fn an_object_that_keeps_nothing_does_not_go_with_its_last_message_unless_it_was_erased(kit: TestKit) -> Result {
    ann(&kit).write_for(to(&["bob"]), 0).await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, ["slow"]);
    assert!(ann(&kit).pending().await?.is_empty());
    assert_eq!(kit.list::<Author>().await?.len(), 1);
    Ok(())
}

#[do_runtime::test]
async fn an_erased_object_goes_when_its_last_message_is_discarded(kit: TestKit) -> Result {
    mailbox(&kit, "bob").be_cross(1).await?;
    ann(&kit).write(to(&["bob"]), "one").await?;
    kit.inside(&ann(&kit), |ann, cx| {
        ann.written = 0;
        cx.delete_all()
    })
    .await?;
    kit.advance("10m").await;
    assert_eq!(kit.list::<Author>().await?.len(), 1, "its message was set aside");
    assert!(ann(&kit).discard(1).await?);
    assert!(kit.list::<Author>().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn messages_wake_sleeping_receivers_and_survive_restarts(kit: TestKit) -> Result {
    kit.hold_deliveries(true);
    for number in 0..20 {
        ann(&kit).write(to(&["bob"]), format!("{number}")).await?;
    }
    kit.evict_all().await?;
    kit.restart().await?;
    kit.hold_deliveries(false);
    kit.settle().await;
    let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(mailbox(&kit, "bob").letters().await?, expected);
    Ok(())
}

#[do_runtime::test]
async fn a_crash_at_any_moment_doubles_nothing_and_loses_nothing(kit: TestKit) -> Result {
    let mut expected = Vec::new();
    for number in 0_u32..60 {
        let text = number.to_string();
        ann(&kit).write(to(&["bob", "cid", "dan"]), text.clone()).await?;
        expected.push(text);
        // Somewhere between the sender's record, the receivers' and the sender's next.
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
        kit.crash().await?;
    }
    kit.settle().await;
    for name in ["bob", "cid", "dan"] {
        assert_eq!(mailbox(&kit, name).letters().await?, expected, "{name}");
    }
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn many_receivers_get_what_one_sender_sends_at_once(kit: TestKit) -> Result {
    let names: Vec<String> = (0..100).map(|number| format!("box {number}")).collect();
    ann(&kit).write(names.clone(), "to all").await?;
    kit.settle().await;
    for name in &names {
        assert_eq!(mailbox(&kit, name).letters().await?, ["to all"], "{name}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_settled_kit_has_delivered_all_that_can_be_delivered(kit: TestKit) -> Result {
    let names: Vec<String> = (0..200).map(|number| format!("box {number}")).collect();
    for round in 1..=4 {
        kit.hold_deliveries(true);
        ann(&kit).write(names.clone(), "to all").await?;
        kit.restart().await?;
        kit.hold_deliveries(false);
        kit.settle().await;
        assert_eq!(ann(&kit).pending().await?.len(), 0, "round {round}");
    }
    // A receiver that waits for time to pass doesn't hold it up.
    ann(&kit).write_slowly("bob").await?;
    kit.settle().await;
    assert!(!ann(&kit).pending().await?.is_empty());
    kit.advance("1m").await;
    assert!(ann(&kit).pending().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_is_set_for_a_call_and_means_nothing_for_a_message_is_refused(kit: TestKit) -> Result {
    for what in ["a caller", "a deadline", "an idempotency key", "a retry policy"] {
        let error = ann(&kit).write_with(what).await.expect_err("it would be dropped in silence");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(what.split_once(' ').context("two words")?.1), "{error}");
    }
    assert!(ann(&kit).write_with("a trace that is none").await.is_err());
    ann(&kit).write_with("a trace").await?;
    kit.settle().await;
    assert_eq!(mailbox(&kit, "bob").letters().await?, [TRACE]);
    Ok(())
}
