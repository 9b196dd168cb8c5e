//! Messages that objects send: in order, once, over crashes on either side, and what becomes of those that nobody takes.

mod crashes;
mod erasing;
mod sending;
mod trouble;

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
