//! The class that is called from here and from afar.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What text has no place for: keys that are numbers, a number that is none.
#[derive(Debug, Clone, PartialEq, RpcError, Serialize, Deserialize)]
pub(crate) enum Refusal {
    #[rpc_error(status = 503)]
    TooLittle {
        there: i64,
        rows: BTreeMap<u32, Vec<u8>>,
    },
    Never(Option<()>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::TooLittle { there, .. } => write!(f, "there are only {there}"),
            Refusal::Never(_) => f.write_str("never"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Shape {
    Point,
    Circle { radius: f64 },
    Pair(u8, i64),
}

/// All kinds of values.
pub(crate) type Mirrored = (Vec<Shape>, HashMap<u32, Option<String>>, Timestamp, Uuid, String, Vec<u8>);

/// What a method sees of its call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) caller: String,
    pub(crate) name: Option<String>,
    pub(crate) request: Uuid,
    pub(crate) trace: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) waits: Option<u128>,
}

#[durable_object(name = "RemoteDesk", limits(argument = "64KiB"))]
pub(crate) struct Desk {
    #[stored]
    there: i64,
    #[stored]
    applied: u64,
    #[ephemeral]
    asked: u32,
}

fn failure(kind: &str) -> Error {
    let kind = match kind {
        "not_found" => ErrorKind::NotFound,
        "conflict" => ErrorKind::Conflict,
        "overloaded" => ErrorKind::Overloaded,
        "unavailable" => ErrorKind::Unavailable,
        "deadline" => ErrorKind::Deadline,
        "denied" => ErrorKind::Denied,
        "interrupted" => ErrorKind::Interrupted,
        "storage" => ErrorKind::Storage,
        "handler" => ErrorKind::Handler,
        "internal" => ErrorKind::Internal,
        _ => ErrorKind::Invalid,
    };
    Error::new(kind, format!("it is {kind}, as was asked for"))
}

#[durable_object]
impl Desk {
    #[rpc(public)]
    fn longest(&self, all: Vec<Period>) -> Result<Option<Period>> {
        Ok(all.into_iter().max())
    }

    #[rpc(public)]
    fn put(&mut self, amount: i64, note: Option<String>) -> Result<i64> {
        ensure!(amount > 0, "put something in{}", note.map(|note| format!(": {note}")).unwrap_or_default());
        self.there += amount;
        self.applied += 1;
        Ok(self.there)
    }

    #[rpc(public)]
    fn take(&mut self, amount: i64) -> Result<i64, CallError<Refusal>> {
        if amount == 0 {
            return Err(Refusal::Never(None).into());
        }
        if amount < 0 {
            return Err(Error::invalid("take something").into());
        }
        if amount > self.there {
            let rows = BTreeMap::from([(7, vec![0, 255]), (8, Vec::new())]);
            return Err(Refusal::TooLittle { there: self.there, rows }.into());
        }
        self.there -= amount;
        Ok(self.there)
    }

    #[rpc(public)]
    fn look(&self) -> Result<i64> {
        Ok(self.there)
    }

    /// How much is there, and how many calls put it there.
    #[rpc(public)]
    fn count(&self) -> Result<(i64, u64)> {
        Ok((self.there, self.applied))
    }

    #[rpc(public)]
    fn mirror(
        &self,
        shapes: Vec<Shape>,
        rows: HashMap<u32, Option<String>>,
        at: Timestamp,
        id: Uuid,
        text: &str,
        bytes: Vec<u8>,
    ) -> Result<Mirrored> {
        Ok((shapes, rows, at, id, text.to_owned(), bytes))
    }

    #[rpc(public)]
    fn fill(&mut self, rows: HashMap<String, i64>) -> Result<i64> {
        self.there += rows.values().sum::<i64>();
        Ok(self.there)
    }

    #[rpc(public)]
    fn nothing(&mut self) -> Result {
        Ok(())
    }

    #[rpc(public)]
    fn fail(&mut self, kind: String) -> Result<i64> {
        self.there += 1_000;
        Err(failure(&kind))
    }

    /// Fails the first time; how often it was asked.
    #[rpc(public)]
    fn fail_once(&mut self, kind: String) -> Result<u32> {
        self.asked += 1;
        if self.asked == 1 { Err(failure(&kind)) } else { Ok(self.asked) }
    }

    #[rpc(public)]
    fn burst(&mut self) -> Result {
        panic!("the secret path is /etc/desk");
    }

    #[rpc(public)]
    fn seen(&self, cx: &Cx<Self>) -> Result<Seen> {
        let meta = cx.meta();
        Ok(Seen {
            caller: meta.caller()?.to_string(),
            name: cx.name().map(str::to_owned),
            request: meta.request_id(),
            trace: meta.trace().map(|trace| trace.to_string()),
            key: meta.idempotency_key().map(str::to_owned),
            waits: meta.deadline().map(|deadline| deadline.duration_since(cx.now()).as_millis()),
        })
    }

    /// The key under which it was called.
    #[rpc(public)]
    fn key(&mut self, cx: &mut Cx<Self>) -> Result<Option<String>> {
        Ok(cx.meta().idempotency_key().map(str::to_owned))
    }

    #[rpc(public, idempotent)]
    fn harmless_key(&mut self, cx: &mut Cx<Self>) -> Result<Option<String>> {
        Ok(cx.meta().idempotency_key().map(str::to_owned))
    }

    #[rpc(public)]
    async fn sleep(this: This<Self>, millis: u64) -> Result {
        this.sleep(do_runtime::millis(millis)).await
    }

    #[rpc(public, deadline = "60ms")]
    async fn hurry(this: This<Self>) -> Result {
        this.sleep("1h").await
    }

    #[rpc(public)]
    async fn own_id(this: This<Self>) -> Result<String> {
        Ok(this.id().to_string())
    }

    #[rpc]
    fn secret(&mut self) -> Result<i64> {
        Ok(self.there)
    }
}

/// An object of this process that calls one of another process.
#[durable_object(name = "RemoteClerk")]
pub(crate) struct Clerk {
    #[stored]
    sent: i64,
}

#[durable_object]
impl Clerk {
    #[rpc]
    async fn put_afar(this: This<Self>, url: String, amount: i64) -> Result<(i64, Seen)> {
        let afar = Objects::connect(url).await?;
        this.update(|me, _| {
            me.sent += amount;
            Ok(())
        })
        .await?;
        let there = afar.get_by_name::<Desk>("clerk").put(amount, None).await?;
        let seen = afar.get_by_name::<Desk>("clerk").seen().await?;
        Ok((there, seen))
    }

    #[rpc]
    fn send_afar(&mut self, cx: &mut Cx<Self>) -> Result {
        let afar = AFAR.lock().expect("nobody panicked").clone().context("nothing is afar")?;
        cx.send(afar.get_by_name::<Desk>("clerk").put(1, None))
    }
}

/// What `Clerk::send_afar` sends to.
pub(crate) static AFAR: std::sync::Mutex<Option<Objects>> = std::sync::Mutex::new(None);
