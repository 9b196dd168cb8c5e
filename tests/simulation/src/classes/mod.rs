//! The classes that the programs are written over, as a user would write them: every handler that changes something notes the
//! token of its operation in the object's own log, in the same transaction as its other effects. So the log says which
//! operations were applied, and in which order, and everything else in the object has to follow from it.

mod agent;
mod desk;
mod tables;

pub use agent::{Address, Agent, AgentStub, AgentView, Alarm, Mailing, Outgoing, Outstanding, RELAYED};
pub use desk::{Desk, DeskContents, DeskStub, DeskView, LAST, WORDS};
pub use tables::{Offer, Pass, Session, Stamp};

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What an entry of a log says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Column)]
pub enum Kind {
    /// A call was applied.
    Called,
    /// An asynchronous call has begun, and one has ended.
    Began,
    /// See [`Kind::Began`].
    Ended,
    /// An alarm has run.
    Rang,
    /// An alarm was given up.
    GaveUp,
    /// An asynchronous alarm has come to its end.
    Fetched,
    /// Another object has called.
    Noted,
    /// A message was taken, and one by an asynchronous handler.
    Took,
    /// See [`Kind::Took`].
    TookSlowly,
}

/// One entry of the log of an object.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// In the order of the transactions.
    #[key]
    pub id: Id<Entry>,
    /// The operation that it goes back to.
    pub token: i64,
    /// What happened.
    pub kind: Kind,
    /// What else the kind tells.
    pub detail: String,
    /// When.
    #[default(now)]
    pub at: Timestamp,
}

/// Where a call was applied: the life of the object, known by a number that it begins with, and the entry in its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The life.
    pub life: i64,
    /// How many entries were before it.
    pub place: u64,
    /// What the call was told besides.
    pub value: i64,
}

/// What panics on purpose say.
pub const ON_PURPOSE: &str = "a panic on purpose";

/// Refuses a database that its own check finds fault with.
fn is_whole(answer: Vec<String>) -> Result {
    ensure!(answer == ["ok"], "the database is damaged: {answer:?}");
    Ok(())
}

/// Adds where in its log an object was to a refusal.
fn at(life: i64, place: u64, error: Error) -> Error {
    error.context(format!("at {life}/{place}"))
}

/// Where an object was when it refused, if the refusal is a handler's own.
pub fn refused_at(error: &Error) -> Option<(i64, u64)> {
    let (life, place) = error
        .to_string()
        .strip_prefix("at ")?
        .split_once(": ")?
        .0
        .split_once('/')
        .map(|(life, place)| (life.parse().ok(), place.parse().ok()))?;
    life.zip(place)
}
