//! What a user's struct is to the runtime, and what its handlers see.

pub(crate) mod alarms;
pub(crate) mod arguments;
mod class;
mod cx;
mod description;
mod erase;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod identity;
mod kv;
mod migration;
mod once;
mod outbox;
pub(crate) mod payload;
mod query;
mod savepoint;
mod stored;
mod this;
mod waiting;
mod wire;

pub use alarms::{AlarmDef, AlarmRan, AlarmRun, Alarms, ExhaustedRun, PendingAlarm, Repeat, Schedule, Setting};
#[cfg(feature = "connect")]
pub(crate) use arguments::packed;
pub use arguments::{ArgumentsReader, ArgumentsWriter};
#[cfg(feature = "http")]
pub(crate) use arguments::{WrongArgument, as_they_came};
pub use class::{Answer, Dispatch, Failure, Method, Object, Outcome, Scheduled, TypedStub};
pub use cx::Cx;
pub(crate) use cx::Surroundings;
pub use description::{Description, MessageShape, NotReturned, NotTaken, OutcomeShape, Returns, Takes};
pub use identity::Identity;
pub use kv::{Kv, KvList, KvMut};
pub(crate) use migration::outlines;
pub use migration::{Migration, Step};
pub(crate) use once::{KeysUnderWay, exclusive_once};
pub use outbox::{Outbox, OutboxMessage, OutboxMut};
pub use query::checked;
pub use query::{IntoParams, Parameters, Query};
pub(crate) use stored::{StoredChanges, StoredState};
pub use stored::{StoredReader, StoredWriter};
pub use this::This;
pub(crate) use this::orchestrate;
pub use waiting::{FirstInLine, Waiting, WaitingUntil};
pub(crate) use waiting::{Flights, Lines, Waits};
pub use wire::Wire;
