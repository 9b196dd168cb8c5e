//! Everything that a user imports, besides serde's derives: `use do_runtime::prelude::*;`

#[cfg(feature = "testing")]
pub use crate::testing::{TestKit, TestSocket};
pub use crate::{
    Bytes, Call, CallError, Caller, Column, Context, Cx, Error, ErrorKind, Id, IntoDuration, Json, Metadata, ObjectId,
    ObjectRef, Objects, OrInvalid, Period, Request, Response, Result, RetryPolicy, Row, RpcError, Socket, Sockets,
    Streaming, TextOrBinary, This, Timestamp, Upgrade, Uuid, alarm, authorize, bail, days, durable_object, ensure,
    fetch, hours, init, millis, minutes, rpc, secs, sql, table, websocket,
};
pub use tracing::{debug, error, info, trace, warn};
