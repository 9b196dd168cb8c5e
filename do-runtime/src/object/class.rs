//! What the macros say of a durable object: `Object` from the struct, `Dispatch` from its impl.

use std::any::{Any, type_name};
use std::time::Duration;

use bytes::Bytes;

use crate::call::{Pace, Refusal, Stub};
use crate::error::{CallError, Error, ErrorKind, Result, RpcError};
use crate::fetch::{FetchDef, Response};
#[cfg(feature = "interface")]
use crate::interface::{OwnError, Shape, Shapes};
use crate::limits::Limits;
use crate::object::alarms::{AlarmDef, AlarmRan, AlarmRun, ExhaustedRun, Schedule};
use crate::object::{
    ArgumentsReader, ArgumentsWriter, Cx, Description, Migration, StoredReader, StoredWriter, Wire, payload,
};
#[cfg(feature = "metrics")]
use crate::observe::MethodMetrics;
use crate::ownership::Sendable;
use crate::sockets::{SocketMethods, SocketRan, SocketRun};
use crate::stream::{Gate, Streaming};
use crate::table::TableDef;

/// A struct with `#[durable_object]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable object",
    label = "not a durable object",
    note = "write `#[durable_object]` above `struct {Self}`"
)]
pub trait Object: Sized + 'static {
    /// The class name as it is stored and shown.
    const CLASS: &'static str;
    /// The tables that it declares, in order.
    const TABLES: &'static [&'static TableDef];
    /// The steps that led to these tables; none, if they only ever grew.
    const MIGRATIONS: &'static [Migration<Self>] = &[];
    /// Its limits.
    const LIMITS: Limits;
    /// The region that its data must stay in.
    const JURISDICTION: Option<&'static str>;
    /// Proves that the object may move between threads.
    fn sendable() -> Sendable<Self>;
    /// Makes the instance at a wake: stored fields from the reader, ephemeral ones from their defaults.
    fn wake(stored: &mut StoredReader<'_>) -> Result<Self>;
    /// Hands over the stored fields, in order.
    fn store(&self, to: &mut StoredWriter<'_>) -> Result;
    /// Takes stored fields back as they were, leaving ephemeral ones.
    fn restore(&mut self, stored: &mut StoredReader<'_>) -> Result;
}

/// The `#[durable_object] impl` of an object.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[durable_object] impl` block",
    label = "nothing can be called on it yet",
    note = "write `#[durable_object] impl {Self} {{ … }}` with its `#[rpc]` methods"
)]
pub trait Dispatch: Object {
    /// One variant for each `#[rpc]`, with its arguments.
    type Request: Send + 'static;

    /// The typed stub.
    type Stub: From<Stub<Self>> + TypedStub<Object = Self>;

    /// Runs a request.
    fn dispatch(request: Self::Request, run: crate::call::Run<'_, Self>) -> crate::call::Ran;

    /// The bytes of a request's arguments that are not of a fixed size.
    fn argument_bytes(request: &Self::Request) -> u64 {
        let _ = request;
        0
    }

    /// Writes the arguments of a request down. One that can't be encoded is `invalid`.
    fn encode(request: &Self::Request, to: &mut ArgumentsWriter) -> Result<()> {
        let _ = (request, to);
        Err(unwritable::<Self>())
    }

    /// A request of a method's name, and of its arguments as they were written down. A method that the class does not
    /// have is `not_found`, and what are not its arguments is `invalid`.
    fn decode(method: &str, from: &mut ArgumentsReader<'_>) -> Result<(&'static Method, Self::Request)> {
        let _ = (method, from);
        Err(unwritable::<Self>())
    }

    /// The methods that can be called from outside the process.
    const PUBLIC: &'static [&'static Method] = &[];

    /// Says what these methods take and give, and what goes over its sockets.
    fn describe(to: &mut Description<'_>) {
        let _ = to;
    }

    /// Asked before each call from outside, in its turn: `#[authorize]`. What it refuses does not run.
    fn authorize(&self, cx: &Cx<Self>) -> Result {
        let _ = cx;
        Ok(())
    }

    /// The methods that plain HTTP requests are for: `#[fetch]`, in order.
    const FETCHES: &'static [FetchDef] = &[];

    /// The handlers of its sockets.
    const SOCKETS: SocketMethods = SocketMethods::NONE;

    /// Runs the handler of an event of a socket.
    fn socket(run: SocketRun<'_, Self>) -> SocketRan {
        run.unhandled()
    }

    /// What `cx.schedule()` gives: a method for each alarm.
    type Schedule<'a>: From<Schedule<'a>>;

    /// The alarms of the class.
    const ALARMS: &'static [AlarmDef] = &[];

    /// Runs an alarm's method.
    fn alarm(run: AlarmRun<'_, Self>) -> AlarmRan {
        run.unknown()
    }

    /// Hands an alarm that was given up to its `exhausted` method.
    fn exhausted(run: ExhaustedRun<'_, Self>) -> AlarmRan {
        run.unhandled()
    }

    /// Whether there is an `#[init]` method.
    const HAS_INIT: bool = false;

    /// Runs the `#[init]` method, if there is one.
    fn init(&mut self, cx: &mut Cx<Self>) -> Result {
        let _ = cx;
        Ok(())
    }
}

fn unwritable<O: Object>() -> Error {
    Error::new(ErrorKind::Internal, format!("calls of `{}` can't be written down", O::CLASS))
}

/// What sets the alarms of an object. Its stub says it, so that a block without alarms needs nothing but the stub in scope.
pub trait Scheduled {
    /// The generated schedule.
    type Schedule<'a>: From<Schedule<'a>>;
}

/// The generated stub of an object.
pub trait TypedStub: Clone + Send + Sync + 'static {
    /// The object that it calls.
    type Object: Dispatch;
    /// The stub behind it.
    fn stub(&self) -> &Stub<Self::Object>;
}

/// What the stub says of a method, and what is learned of it: one `static` for each `#[rpc]`.
#[derive(Debug)]
pub struct Method {
    /// The name that is called.
    pub name: &'static str,
    /// `#[rpc(idempotent)]`: whether repeating it is harmless.
    pub idempotent: bool,
    /// `#[rpc(deadline = "…")]`: how many milliseconds its callers wait at most.
    pub deadline: Option<u64>,
    /// `#[rpc(live)]`: whether its answers can be watched.
    pub live: bool,
    /// `&self`: whether it leaves the object as it is, and brings none into being.
    pub reads: bool,
    pace: Pace,
    #[cfg(feature = "metrics")]
    metrics: MethodMetrics,
}

impl Method {
    /// A method that runs on its caller's thread until it is seen to be slow.
    pub const fn new(name: &'static str) -> Self {
        Method::paced(name, Pace::new())
    }

    /// `#[rpc(slow)]`: a method that is kept off the callers' threads.
    pub const fn slow(name: &'static str) -> Self {
        Method::paced(name, Pace::declared_slow())
    }

    const fn paced(name: &'static str, pace: Pace) -> Self {
        Method {
            name,
            idempotent: false,
            deadline: None,
            live: false,
            reads: false,
            pace,
            #[cfg(feature = "metrics")]
            metrics: MethodMetrics::new(),
        }
    }

    /// `#[rpc(idempotent)]`.
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// `#[rpc(live)]`, which only methods are that read.
    pub const fn live(mut self) -> Self {
        self.live = true;
        self.reads = true;
        self
    }

    /// `&self`.
    pub const fn reads(mut self) -> Self {
        self.reads = true;
        self
    }

    /// `#[rpc(deadline = "…")]`, in milliseconds.
    pub const fn deadline(mut self, millis: u64) -> Self {
        self.deadline = Some(millis);
        self
    }

    /// How long its callers wait at most.
    pub(crate) fn longest(&self) -> Option<Duration> {
        self.deadline.map(Duration::from_millis)
    }

    /// How long it takes.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// What it is counted and measured by.
    #[cfg(feature = "metrics")]
    pub(crate) fn metrics(&self) -> &MethodMetrics {
        &self.metrics
    }
}

/// What can be the result of an `#[rpc]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the result of an #[rpc]",
    label = "a result moves between threads and may be stored: it is `Send`, `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize`, and hold nothing that is bound to one thread (`Arc` instead of `Rc`)"
)]
pub trait Answer: Send + Sized + 'static {
    /// Whether it comes bit by bit: it can't be kept then, and is not asked for again.
    const STREAMS: bool = false;
    /// As bytes, to be kept. What can't be encoded is `invalid`.
    fn to_reply(&self) -> Result<Vec<u8>>;
    /// From the bytes that were kept. What can't be decoded is `invalid`.
    fn from_reply(bytes: &[u8]) -> Result<Self>;
    /// As bytes that leave the process. What can't be encoded is `internal`.
    fn to_wire(&self, wire: Wire) -> Result<Vec<u8>>;
    /// Keeps a stream in it back until what its handler has seen is durable.
    fn bind(&mut self, gate: impl FnOnce() -> Gate);
    /// The items of a stream, encoded one by one; itself if it is none.
    fn into_items(self, wire: Wire) -> Result<Streaming<Bytes>, Self> {
        let _ = wire;
        Err(self)
    }
    /// Of the items that come from another process. What is no stream is not made of them: that is `internal`.
    fn from_items(items: Streaming<Bytes>, wire: Wire) -> Result<Self> {
        let _ = (items, wire);
        Err(Error::new(ErrorKind::Internal, format!("a `{}` is no stream", type_name::<Self>())))
    }
    /// How it looks outside of the process; of a stream, each of its items.
    #[cfg(feature = "interface")]
    fn shape(shapes: &mut Shapes) -> Shape;
    /// From the bytes that came from another process. What can't be decoded is `internal`.
    fn from_wire(bytes: &[u8], wire: Wire) -> Result<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Send + serde::Serialize + serde::de::DeserializeOwned + 'static> Answer for T {
    fn to_reply(&self) -> Result<Vec<u8>> {
        payload::encode(self).map_err(|error| {
            let sentence =
                format!("the reply, a `{}`, can't be kept under an idempotency key: {error}", type_name::<T>());
            Error::with_source(ErrorKind::Invalid, sentence, error)
        })
    }

    fn from_reply(bytes: &[u8]) -> Result<Self> {
        payload::decode(bytes).map_err(|error| {
            let sentence = format!("the kept reply can't be read as `{}`: {error}", type_name::<T>());
            Error::with_source(ErrorKind::Invalid, sentence, error)
        })
    }

    fn to_wire(&self, wire: Wire) -> Result<Vec<u8>> {
        wire.encode(self)
    }

    fn bind(&mut self, gate: impl FnOnce() -> Gate) {
        // Known when this is compiled: for other types nothing is left of it.
        if let Some(response) = (self as &mut dyn Any).downcast_mut::<Response>() {
            response.hold_back(gate);
        }
    }

    #[cfg(feature = "interface")]
    fn shape(shapes: &mut Shapes) -> Shape {
        shapes.of::<T>()
    }

    fn from_wire(bytes: &[u8], wire: Wire) -> Result<Self> {
        wire.decode(bytes)
    }
}

/// The error type of a handler: `Error`, or `CallError<E>` of an `E` with `#[derive(RpcError)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of an #[rpc]",
    label = "not an error of a call",
    note = "return `Result<T>`, or `Result<T, CallError<E>>` with an `E` that has `#[derive(RpcError)]`"
)]
pub trait Failure: From<Error> + Into<Error> + Send + 'static {
    /// The error of the runtime that it is, if it is one.
    fn runtime(&self) -> Option<&Error>;
    /// What it says.
    fn sentence(&self) -> String;
    /// Without its type.
    fn into_refusal(self) -> Refusal;
    /// What the handler's own error is outside of the process, if it has one.
    #[cfg(feature = "interface")]
    fn own_shape(shapes: &mut Shapes) -> Option<OwnError> {
        let _ = shapes;
        None
    }
    /// What another process says: the error as one of the runtime, and the bytes of the handler's own, if it is one.
    fn told(error: Error, own: Option<&[u8]>, wire: Wire) -> Self;
}

impl Failure for Error {
    fn runtime(&self) -> Option<&Error> {
        Some(self)
    }

    fn sentence(&self) -> String {
        self.to_string()
    }

    fn into_refusal(self) -> Refusal {
        self.into()
    }

    fn told(error: Error, _: Option<&[u8]>, _: Wire) -> Self {
        error
    }
}

impl<E: RpcError> Failure for CallError<E> {
    fn runtime(&self) -> Option<&Error> {
        match self {
            CallError::User(_) => None,
            CallError::Runtime(error) => Some(error),
        }
    }

    fn sentence(&self) -> String {
        self.to_string()
    }

    fn into_refusal(self) -> Refusal {
        match self {
            CallError::User(own) => Refusal::of(own),
            CallError::Runtime(error) => error.into(),
        }
    }

    #[cfg(feature = "interface")]
    fn own_shape(shapes: &mut Shapes) -> Option<OwnError> {
        Some(OwnError { shape: shapes.of::<E>(), statuses: E::STATUSES })
    }

    fn told(error: Error, own: Option<&[u8]>, wire: Wire) -> Self {
        match own.map(|own| wire.decode(own)) {
            Some(Ok(own)) => CallError::User(own),
            Some(Err(unreadable)) => CallError::Runtime(unreadable.context(error)),
            None => CallError::Runtime(error),
        }
    }
}

/// What an `#[rpc]` returns.
#[diagnostic::on_unimplemented(
    message = "an #[rpc] returns a `Result`, not `{Self}`",
    label = "not a `Result`",
    note = "return `Result<{Self}>`"
)]
pub trait Outcome {
    /// The value.
    type Value;
    /// The error.
    type Error;
    /// As a `Result`.
    fn into_result(self) -> Result<Self::Value, Self::Error>;
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;

    fn into_result(self) -> Self {
        self
    }
}
