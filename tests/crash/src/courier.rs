//! Couriers: they send messages, set alarms, write rows that expire, and are called under keys. Each thing is noted where it is
//! asked for and where it takes effect, so that the two can be compared.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// How many couriers there are, and how many boxes they send to.
pub const COURIERS: i64 = 6;
/// See [`COURIERS`].
pub const BOXES: i64 = 5;

/// The courier that an operation is about.
pub fn courier_of(operation: i64) -> String {
    format!("courier-{}", operation % COURIERS)
}

/// A message that a courier has sent.
#[table(index = to)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// In the order of sending.
    #[key]
    pub id: Id<Sent>,
    /// The number that the caller gave the operation.
    pub operation: i64,
    /// The box.
    pub to: i64,
}

/// An alarm that was set, one that ran, or a call under a key.
#[table(index = kind)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// In the order in which they happened.
    #[key]
    pub id: Id<Event>,
    /// What it is.
    pub kind: String,
    /// The number that the caller gave the operation.
    pub operation: i64,
}

/// A row that expires soon.
#[table(ttl = "100ms", ttl_from = at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The row.
    #[key]
    pub id: Id<Visit>,
    /// When it was.
    #[default(now)]
    pub at: Timestamp,
}

/// A courier.
#[durable_object(tables(Sent, Event, Visit))]
pub struct Courier;

/// What a courier knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// What it has sent, in order: operation and box.
    pub sent: Vec<(i64, i64)>,
    /// The alarms that were set, by their operations, in order.
    pub set: Vec<i64>,
    /// Those that ran.
    pub rung: Vec<i64>,
    /// The calls under keys that were applied.
    pub keyed: Vec<i64>,
    /// Rows that should be gone.
    pub expired: i64,
}

#[durable_object]
impl Courier {
    /// Sends three messages to two boxes.
    #[rpc]
    fn mail(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result {
        cx.insert(Visit::new())?;
        for to in [operation % BOXES, (operation + 1) % BOXES, operation % BOXES] {
            cx.insert(Sent::new(operation, to))?;
            let postbox = cx.objects().get_by_name::<Postbox>(format!("box-{to}"));
            cx.send(postbox.take(cx.name().unwrap_or_default(), operation))?;
        }
        Ok(())
    }

    /// Sets an alarm.
    #[rpc]
    fn remind(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result {
        cx.insert(Visit::new())?;
        cx.insert(Event::new("set", operation))?;
        cx.schedule().ring(operation).after(millis(operation.unsigned_abs() % 50))
    }

    /// Applied once for each key.
    #[rpc]
    fn apply(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result<i64> {
        cx.insert(Event::new("keyed", operation))?;
        Ok(operation)
    }

    /// One alarm in ten sets another.
    #[alarm]
    fn ring(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result {
        cx.insert(Event::new("rung", operation))?;
        if operation > 0 && operation % 10 == 2 {
            cx.insert(Event::new("set", -operation))?;
            cx.schedule().ring(-operation).after("1ms")?;
        }
        Ok(())
    }

    /// Everything that is there.
    #[rpc]
    fn log(&self, cx: &Cx<Self>) -> Result<Log> {
        let events =
            |kind| cx.sql_unchecked("SELECT operation FROM event WHERE kind = ?1 ORDER BY operation", (kind,)).all();
        let limit = cx.now() - millis(100);
        Ok(Log {
            sent: cx.sql_unchecked("SELECT operation, \"to\" FROM sent ORDER BY id", ()).all()?,
            set: events("set")?,
            rung: events("rung")?,
            keyed: events("keyed")?,
            expired: cx.sql_unchecked("SELECT count(*) FROM visit WHERE at <= ?1", (limit,)).one()?,
        })
    }

    /// How many messages and alarms are still to come, and how many were given up.
    #[rpc]
    fn unfinished(&self, cx: &Cx<Self>) -> Result<(usize, usize)> {
        let (pending, failed) = (cx.outbox().pending()?, cx.outbox().failed()?);
        let alarms = cx.alarms().pending()?;
        let stuck = alarms.iter().filter(|alarm| alarm.failed().is_some()).count();
        Ok((pending.len() + alarms.len() - stuck, failed.len() + stuck))
    }
}

/// A message that has arrived.
#[table(index = sender)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// In the order of arrival.
    #[key]
    pub id: Id<Receipt>,
    /// The courier.
    pub sender: String,
    /// Its operation.
    pub operation: i64,
}

/// Takes messages.
#[durable_object(tables(Receipt))]
pub struct Postbox;

#[durable_object]
impl Postbox {
    /// Takes a message.
    #[rpc]
    fn take(&mut self, cx: &mut Cx<Self>, sender: String, operation: i64) -> Result {
        cx.insert(Receipt::new(sender, operation)).map(drop)
    }

    /// The operations of a courier, in the order of their arrival.
    #[rpc]
    fn from(&self, cx: &Cx<Self>, sender: String) -> Result<Vec<i64>> {
        cx.sql_unchecked("SELECT operation FROM receipt WHERE sender = ?1 ORDER BY id", (sender,)).all()
    }
}
