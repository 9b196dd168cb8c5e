//! Durable objects: named objects, each with its own SQLite database, run by one caller at a time, sleeping until
//! they are called, and durable before anyone is answered.
//!
//! | module | what is in it |
//! |---|---|
//! | [`prelude`] | everything that a user imports |
//! | `error`, `limits`, `time`, `id`, `value` | the small types |
//! | `table` | tables, rows, finders |
//! | `object` | what a handler sees: `Cx`, key-values, stored fields, `This` |
//! | `call` | stubs, calls, the token of an object and its queue |
//! | `node` | `Objects`: the folder, its objects, waking and hibernating them |
//! | `engine` | the boundary between handlers and storage |
//! | `image`, `sqlite` | an object's database as pages in memory, behind SQLite |
//! | `journal` | the log of commits, group commit, the gate, recovery |
//! | `store` | where pages rest, the registry, checkpoints |
//! | `env` | the seams: clock, disk, randomness, spawning |
//! | `testing` | the test kit |

pub mod call;
pub mod engine;
pub mod env;
mod error;
mod id;
pub mod image;
pub mod journal;
mod limits;
pub mod object;
pub mod sqlite;
pub mod store;
pub mod table;
#[cfg(test)]
mod test_engine;
mod time;
pub mod value;

pub use error::{CallError, Context, Error, ErrorKind, OrInvalid, Result, RpcError};
pub use id::ObjectId;
pub use limits::Limits;
pub use call::Stub;
pub use object::{
    Cx, IntoParams, Kv, KvList, KvMut, Object, Parameters, Query, StoredReader, StoredWriter,
};
pub use table::{Declares, Find, Flow, FromRow, NewRow, NextColumn, NoColumn, RowLimit, Table};
pub use time::{IntoDuration, Timestamp, days, hours, millis, minutes, secs};
pub use value::{Bytes, Column, Id, Json, ObjectRef, ToValue, Uuid};

/// What generated code calls. Not for users: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::table::generated::*;
}
