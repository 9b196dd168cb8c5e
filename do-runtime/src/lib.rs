//! Durable objects: named objects, each with its own SQLite database, run by one caller at a time, sleeping until
//! they are called, and durable before anyone is answered.
//!
//! | module | what is in it |
//! |---|---|
//! | [`prelude`] | everything that a user imports |
//! | `error`, `limits`, `time`, `id`, `value` | the small types |
//! | `table` | tables, rows, finders |
//! | `metadata` | what goes with a call besides its arguments |
//! | `object` | what a handler sees: `Cx`, key-values, stored fields, alarms, the outbox, `This` |
//! | `call` | stubs, calls, the queue of an object, running in place |
//! | `ownership` | the baton of an object, and why things may move between threads |
//! | `absent` | what generated code falls back on where a type is no table, or no object |
//! | `proof` | what generated code asks of the user's types, once for each |
//! | `observe` | metrics: what is counted and measured |
//! | `node` | `Objects`: the folder, its objects, waking and hibernating them |
//! | `engine` | the boundary between handlers and storage |
//! | `image`, `sqlite` | an object's database as pages in memory, behind SQLite |
//! | `journal` | the log of commits, group commit, the gate, recovery |
//! | `store` | where pages rest, the registry, checkpoints |
//! | `env` | the seams: clock, disk, randomness, spawning |
//! | `sync` | locks and waiting, which a simulation can see |
//! | `sockets` | WebSockets, whether their object is awake or asleep |
//! | `stream` | replies that come bit by bit |
//! | `fetch` | plain requests to an object, and which method is for which |
//! | `interface` | what can be called from outside, described for other languages |
//! | `http`, `connect` | a server, and the typed stubs of another process |
//! | `placement` | the boundary that says where an object runs |
//! | `planted` | deliberate defects, for the campaigns to find |
//! | `testing` | the test kit |
//!
//! The way of a call is drawn in `docs/architecture.md`, the formats on disk are in `docs/storage.md`.

#[cfg(all(panic = "abort", not(target_family = "wasm")))]
compile_error!(
    "do-runtime contains the panics of handlers, which `panic = \"abort\"` prevents: build with `panic = \"unwind\"`"
);

mod absent;
mod call;
#[cfg(feature = "connect")]
pub mod connect;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod env;
mod error;
mod fetch;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "http")]
pub mod http;
mod id;
#[doc(hidden)]
pub mod image;
#[cfg(feature = "interface")]
pub mod interface;
#[doc(hidden)]
pub mod journal;
mod limits;
mod metadata;
mod node;
mod object;
mod observe;
mod ownership;
#[doc(hidden)]
pub mod placement;
mod planted;
pub mod prelude;
mod proof;
mod sockets;
#[doc(hidden)]
pub mod sqlite;
#[doc(hidden)]
pub mod store;
mod stream;
mod sync;
#[doc(hidden)]
pub mod table;
#[cfg(test)]
mod test_engine;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
#[doc(hidden)]
pub mod value;

pub use call::{Call, Live, Stub};
#[cfg(feature = "testing")]
pub use do_macros::test;
pub use do_macros::{Column, Row, RpcError, alarm, authorize, durable_object, fetch, init, rpc, table, websocket};
pub use error::{CallError, Context, Error, ErrorKind, OrInvalid, Result, RetryAfter, RpcError, Wait};
pub use fetch::{Request, Response};
pub use id::ObjectId;
pub use limits::Limits;
pub use metadata::{Caller, ChainedCall, Metadata, RetryPolicy, TraceParent};
pub use node::{Builder, IntoBytes, List, ListIter, Namespace, Objects};
pub use object::{
    Alarms, Cx, Dispatch, FirstInLine, Identity, IntoParams, Kv, KvList, KvMut, Object, Outbox, OutboxMessage,
    OutboxMut, Parameters, PendingAlarm, Query, Schedule, Setting, This, Waiting, WaitingUntil,
};
pub use sockets::{CloseCode, Socket, Sockets, TextOrBinary, Upgrade};
pub use store::{Cursor, Listed};
pub use stream::{StreamSender, Streaming};
pub use table::{Declares, Find, Flow, FromRow, Match, NewRow, NoColumn, RangeOf, RowLimit, Search, Table};
pub use time::{IntoDuration, Period, Timestamp, days, hours, millis, minutes, secs};
pub use value::{Binds, BindsList, Bytes, Column, Id, Json, ObjectRef, ToValue, Uuid, Value, ValueRef};

/// Runs SQL that was checked while the program was compiled, in a method of a `#[durable_object]` impl block: each such method has
/// its own `sql!`, which knows the object's tables and stands before this one.
#[macro_export]
macro_rules! sql {
    ($($tokens:tt)*) => {
        ::core::compile_error!(
            "`sql!` works in a method of a `#[durable_object]` impl block, which knows the tables: write \
             `#[durable_object(helpers)]` above the impl block of further methods, or use `cx.sql_unchecked(…)`"
        )
    };
}

/// What generated code calls. Not for users: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use do_macros::{__freeze, __sql};
    pub use inventory;

    pub use crate::absent::{Absent, Present, no_object};
    pub use crate::call::{Ran, Refusal, Run};
    pub use crate::engine::RowAccess;
    pub use crate::error::{Error, Result, RpcError};
    pub use crate::fetch::FetchDef;
    pub use crate::limits::Limits;
    pub use crate::node::{ClassEntry, WrittenSql};
    pub use crate::object::checked as sql;
    pub use crate::object::{
        AlarmDef, AlarmRan, AlarmRun, Answer, ArgumentsReader, ArgumentsWriter, Description, Dispatch, ExhaustedRun,
        Failure, MessageShape, Method, Migration, NotReturned, NotTaken, Object, Outcome, OutcomeShape, Repeat,
        Returns, Scheduled, Step, StoredReader, StoredWriter, Takes, TypedStub, Wire,
    };
    pub use crate::ownership::{ArgumentBytes, Carried, Sendable};
    pub use crate::proof::{
        Argument, ArgumentType, ColumnType, FirstValue, HandedAs, Payload, StoredField, argument, callable, handed,
        json_type, payload, stored_field,
    };
    pub use crate::sockets::{Occurred, SocketMethods, SocketRan, SocketRun};
    pub use crate::stream::Gate;
    pub use crate::table::generated::*;
    pub use crate::table::{
        ColumnDef, Declares, ExpiryDef, FromRow, Given, IndexDef, KeySource, NewRow, OnDelete, ReferenceDef, RowShape,
        Table, TableDef, ValueShape, row_fits,
    };
    pub use crate::time::Timestamp;
    pub use crate::value::{Binds, BindsInside, Blob, Column, Count, Integer, Real, Text, ToValue, Value, ValueRef};
    pub use crate::{ObjectId, Stub};

    /// The bytes of an argument, for the limits on arguments and queues.
    pub fn argument_bytes<T: ArgumentBytes>(argument: &T) -> u64 {
        argument.argument_bytes()
    }

    /// `T` can be the result of a handler, or this does not compile.
    pub fn answer<T: Answer>() {}

    /// The error of a call of a method that there is not.
    pub fn unknown_method(method: &str) -> Error {
        Error::new(crate::ErrorKind::NotFound, format!("there is no method `{method}` that can be called"))
    }

    /// A handler's own error as an error of the runtime.
    pub fn user_error(error: impl RpcError) -> Error {
        Error::of_handler(&error)
    }

    /// How long a field of a handler's own error says to wait.
    pub fn retry_after(field: &impl crate::Wait) -> Option<crate::RetryAfter> {
        field.wait()
    }

    /// Stands where a macro has refused the user's code: the crate does not compile, so this never runs.
    pub fn refused<T>() -> T {
        unreachable!("a macro refused this code")
    }

    /// Makes the node know a class before anybody calls it.
    #[macro_export]
    #[doc(hidden)]
    macro_rules! __register {
        ($class:ty) => {
            $crate::__private::inventory::submit! { $crate::__private::ClassEntry::of::<$class>() }
        };
    }
    pub use crate::__register as register;
    pub use crate::{__schema, __unless_object};
}

/// The examples of the user's documentation.
#[cfg(doctest)]
mod examples {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/guide.md")]
    struct Guide;

    #[doc = include_str!("../../docs/language.md")]
    struct Language;

    #[doc = include_str!("../../docs/schema.md")]
    struct Schema;
}
