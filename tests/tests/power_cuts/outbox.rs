//! Messages: several in order to two receivers, through one that is closed, one that sends on, one that refuses, one that is
//! slow, and from senders that are erased and made again.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;

use crate::life::{Life, cut_everywhere};

#[durable_object]
struct Mailbox {
    #[stored]
    letters: Vec<String>,
    /// Until then it refuses.
    #[stored]
    opens: Timestamp,
}

#[durable_object]
impl Mailbox {
    #[rpc]
    fn put(&mut self, text: String) -> Result {
        self.letters.push(text);
        Ok(())
    }

    #[rpc]
    fn put_when_open(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        self.letters.push(text);
        ensure!(cx.now() >= self.opens, "closed");
        Ok(())
    }

    #[rpc]
    fn refuse(&mut self, text: String) -> Result {
        self.letters.push(text);
        bail!("never")
    }

    #[rpc]
    async fn put_later(this: This<Self>, text: String) -> Result {
        this.sleep(secs(3)).await?;
        this.update(|me, _| me.put(text)).await
    }

    #[rpc]
    fn forward(&mut self, cx: &mut Cx<Self>, to: String, text: String) -> Result {
        self.letters.push(text.clone());
        let next = cx.objects().get_by_name::<Mailbox>(to);
        cx.send(next.put(text))
    }

    #[rpc]
    fn close_for(&mut self, cx: &mut Cx<Self>, seconds: u64) -> Result {
        self.opens = cx.now() + secs(seconds);
        Ok(())
    }

    #[rpc]
    fn letters(&self) -> Result<Vec<String>> {
        Ok(self.letters.clone())
    }
}

#[durable_object]
struct Author {
    #[stored]
    written: Vec<String>,
}

#[durable_object]
impl Author {
    /// Two to one receiver, one to another that sends it on.
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        self.written.push(text.clone());
        let (bob, cid) = (to(cx, "bob"), to(cx, "cid"));
        cx.send(bob.put_when_open(text.clone()))?;
        cx.send(cid.forward("dan", text.clone()))?;
        cx.send(bob.put_when_open(format!("{text}, again")))
    }

    #[rpc]
    fn annoy(&mut self, cx: &mut Cx<Self>) -> Result {
        self.written.push("annoyed".into());
        let bob = to(cx, "bob");
        cx.send(bob.put("before"))?;
        cx.send(bob.refuse("never"))?;
        cx.send(bob.put("after"))
    }

    #[rpc]
    fn write_slowly(&mut self, cx: &mut Cx<Self>) -> Result {
        self.written.push("slowly".into());
        let bob = to(cx, "bob");
        for text in ["one", "two"] {
            cx.send(bob.put_later(text))?;
            cx.send(bob.put(format!("after {text}")))?;
        }
        Ok(())
    }

    #[rpc]
    fn say_goodbye(&mut self, cx: &mut Cx<Self>, text: String) -> Result {
        let (bob, cid) = (to(cx, "bob"), to(cx, "cid"));
        cx.send(bob.put_when_open(text.clone()))?;
        cx.send(cid.put(text))?;
        self.written.clear();
        cx.delete_all()
    }

    #[rpc]
    fn written(&self) -> Result<Vec<String>> {
        Ok(self.written.clone())
    }

    /// How many are on their way, and why those that were given up were.
    #[rpc]
    fn outbox(&self, cx: &Cx<Self>) -> Result<(usize, Vec<String>)> {
        let failed = cx.outbox().failed()?;
        let why = failed.iter().map(|message| message.error().unwrap_or_default().to_owned()).collect();
        Ok((cx.outbox().pending()?.len(), why))
    }
}

fn to(cx: &Cx<Author>, name: &str) -> MailboxStub {
    cx.objects().get_by_name::<Mailbox>(name)
}

fn ann(kit: &TestKit) -> AuthorStub {
    kit.objects().get_by_name::<Author>("ann")
}

async fn letters(kit: &TestKit, name: &str) -> Result<Vec<String>> {
    kit.objects().get_by_name::<Mailbox>(name).letters().await
}

async fn close_bob(kit: &TestKit, seconds: u64) -> Result {
    kit.objects().get_by_name::<Mailbox>("bob").close_for(seconds).await
}

/// Nothing is on its way, and nothing is due.
async fn is_at_rest(kit: &TestKit, failed: &[&str]) -> Result {
    let (pending, why) = ann(kit).outbox().await?;
    ensure!(pending == 0, "{pending} messages are stuck");
    ensure!(why == failed, "given up: {why:?}");
    ensure!(kit.pending_alarms(&ann(kit)).await?.is_empty(), "the sender is still due");
    Ok(())
}

/// Several in order, to a receiver that is closed at first and to one that sends on.
struct Ordinary;

impl Life for Ordinary {
    type Told = Vec<&'static str>;

    async fn begin(kit: &TestKit) -> Result {
        close_bob(kit, 4).await
    }

    async fn live(kit: &TestKit) -> Self::Told {
        let mut told = Vec::new();
        for (step, text) in ["one", "two", "three", "four"].into_iter().enumerate() {
            if ann(kit).write(text).await.is_ok() {
                told.push(text);
            }
            match step {
                1 => drop(kit.checkpoint().await),
                2 => drop(kit.evict_all().await),
                _ => {}
            }
            kit.advance("1500ms").await;
        }
        let _ = kit.checkpoint().await;
        kit.advance("5s").await;
        told
    }

    async fn at_rest(kit: &TestKit, told: &Self::Told) -> Result {
        let written = ann(kit).written().await?;
        ensure!(
            written.iter().map(String::as_str).filter(|text| told.contains(text)).eq(told.iter().copied()),
            "{told:?}: {written:?}"
        );
        let twice: Vec<String> = written.iter().flat_map(|text| [text.clone(), format!("{text}, again")]).collect();
        for (name, expected) in [("bob", &twice), ("cid", &written), ("dan", &written)] {
            let letters = letters(kit, name).await?;
            ensure!(letters == *expected, "{name} has {letters:?}, and was sent {expected:?}");
        }
        is_at_rest(kit, &[]).await
    }
}

/// One of them is refused until it is given up; the next one goes on.
struct Refused;

impl Life for Refused {
    type Told = bool;

    async fn live(kit: &TestKit) -> bool {
        let told = ann(kit).annoy().await.is_ok();
        kit.advance("20s").await;
        let _ = kit.checkpoint().await;
        kit.advance("3m").await;
        told
    }

    async fn at_rest(kit: &TestKit, told: &bool) -> Result {
        let written = ann(kit).written().await?;
        ensure!(!told || !written.is_empty(), "what was acknowledged is gone");
        let letters = letters(kit, "bob").await?;
        let expected: &[&str] = if written.is_empty() { &[] } else { &["before", "after"] };
        ensure!(letters == expected, "there are {letters:?}");
        is_at_rest(kit, if written.is_empty() { &[] } else { &["never"] }).await
    }
}

/// To a handler that runs outside of the transaction: at least once, and still in order.
struct Slow;

impl Life for Slow {
    type Told = bool;

    async fn live(kit: &TestKit) -> bool {
        let told = ann(kit).write_slowly().await.is_ok();
        kit.advance("4s").await;
        let _ = kit.checkpoint().await;
        kit.advance("10s").await;
        told
    }

    async fn at_rest(kit: &TestKit, told: &bool) -> Result {
        let written = ann(kit).written().await?;
        ensure!(!told || !written.is_empty(), "what was acknowledged is gone");
        let mut letters = letters(kit, "bob").await?;
        for once in ["after one", "after two"] {
            let count = letters.iter().filter(|text| *text == once).count();
            ensure!(count == written.len(), "{once}: {letters:?}");
        }
        letters.dedup();
        let expected: &[&str] = if written.is_empty() { &[] } else { &["one", "after one", "two", "after two"] };
        ensure!(letters == expected, "there are {letters:?}");
        is_at_rest(kit, &[]).await
    }
}

/// Which of its calls a sender that is erased, and made again, was told of.
#[derive(Debug)]
struct Lives {
    goodbye: bool,
    hello: bool,
    farewell: bool,
    back: bool,
}

struct Erased;

impl Life for Erased {
    type Told = Lives;

    async fn begin(kit: &TestKit) -> Result {
        ann(kit).write("one").await?;
        kit.settle().await;
        close_bob(kit, 1).await
    }

    async fn live(kit: &TestKit) -> Lives {
        let goodbye = ann(kit).say_goodbye("goodbye").await.is_ok();
        kit.advance("5s").await;
        let _ = kit.checkpoint().await;
        let hello = ann(kit).write("two").await.is_ok();
        kit.advance("1s").await;
        let _ = close_bob(kit, 1).await;
        let farewell = ann(kit).say_goodbye("farewell").await.is_ok();
        // It is there again before its last message has arrived, and stays.
        let back = ann(kit).write("three").await.is_ok();
        kit.advance("5s").await;
        let _ = kit.checkpoint().await;
        Lives { goodbye, hello, farewell, back }
    }

    async fn at_rest(kit: &TestKit, told: &Lives) -> Result {
        let cid = letters(kit, "cid").await?;
        let all = ["one", "goodbye", "two", "farewell", "three"];
        ensure!(all.starts_with(&cid.iter().map(String::as_str).collect::<Vec<_>>()), "cid has {cid:?}");
        let least = 1 + [told.goodbye, told.hello, told.farewell, told.back].iter().filter(|told| **told).count();
        ensure!(cid.len() >= least, "{told:?}, and cid has {cid:?}");
        let expected: Vec<String> = cid
            .iter()
            .flat_map(|text| match text.as_str() {
                "one" | "two" | "three" => vec![text.clone(), format!("{text}, again")],
                _ => vec![text.clone()],
            })
            .collect();
        let bob = letters(kit, "bob").await?;
        ensure!(bob == expected, "bob has {bob:?}, and cid {cid:?}");
        let lives = kit.list::<Author>().await?.len();
        ensure!(lives == cid.len() % 2, "there are {lives} senders after {cid:?}");
        is_at_rest(kit, &[]).await
    }
}

#[test]
fn a_power_cut_in_a_delivery_neither_loses_nor_doubles_nor_reorders_a_message() {
    cut_everywhere::<Ordinary>(40);
}

#[test]
fn a_power_cut_while_a_message_is_refused_holds_no_other_up_for_ever() {
    cut_everywhere::<Refused>(30);
}

#[test]
fn a_power_cut_in_a_slow_receiver_runs_it_again_and_keeps_the_order() {
    cut_everywhere::<Slow>(15);
}

#[test]
fn a_power_cut_while_an_erased_sender_waits_loses_none_of_its_last_messages() {
    cut_everywhere::<Erased>(20);
}
