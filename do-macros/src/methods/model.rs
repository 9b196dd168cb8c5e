//! What an impl block is: first as it is written, then as it is meant.

use proc_macro2::{Span, TokenStream};
use syn::{Attribute, Ident, ImplItemFn, ItemImpl, LitStr, Path, Type};

use super::alarms::{Alarm, AlarmOptions};
use super::fetch::{Fetch, FetchOptions};
use super::sockets::{SocketMethod, SocketOptions};

/// An impl block as it is written.
pub(crate) struct Written {
    /// The block, without our attributes.
    pub(crate) item: ItemImpl,
    /// What the block is for.
    pub(crate) purpose: Purpose,
    /// The methods with our attributes, in order.
    pub(crate) methods: Vec<WrittenMethod>,
}

/// What a block is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It says what can be called.
    Handlers,
    /// `#[durable_object(helpers)]`.
    Helpers,
}

/// A method with one of our attributes.
pub(crate) struct WrittenMethod {
    /// The method, without our attributes.
    pub(crate) method: ImplItemFn,
    /// What it is.
    pub(crate) role: Role,
}

/// What a method is.
pub(crate) enum Role {
    /// `#[rpc(…)]`.
    Rpc(RpcOptions),
    /// `#[alarm(…)]`.
    Alarm(AlarmOptions),
    /// `#[init]`.
    Init(Span),
    /// `#[authorize]`.
    Authorize(Span),
    /// `#[fetch(…)]`.
    Fetch(FetchOptions),
    /// `#[websocket(…)]`.
    Websocket(SocketOptions),
}

/// The options of `#[rpc]`.
pub(crate) struct RpcOptions {
    /// The attribute's name.
    pub(crate) span: Span,
    /// `public`.
    pub(crate) reach: Reach,
    /// `live`, where it is written.
    pub(crate) live: Option<Span>,
    /// `slow`.
    pub(crate) speed: Speed,
    /// `idempotent`.
    pub(crate) repeating: Repeating,
    /// `deadline = "…"`, in milliseconds.
    pub(crate) deadline: Option<u64>,
    /// `rename = "…"`.
    pub(crate) rename: Option<LitStr>,
}

/// From where a method can be called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// From within the process.
    Inside,
    /// From outside too.
    Public,
}

/// What it means to repeat a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeating {
    /// What it does is done again.
    Counts,
    /// It is harmless.
    Harmless,
}

/// Whether a method computes for long.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speed {
    /// It does not.
    Quick,
    /// It does, and is kept off the callers' threads.
    Slow,
}

/// An impl block as it is meant.
pub(crate) struct Block {
    /// The object.
    pub(crate) object: Path,
    /// Its stub.
    pub(crate) stub: Path,
    /// Its schedule.
    pub(crate) schedule: Path,
    /// `#[init]`.
    pub(crate) init: Option<Plain>,
    /// `#[authorize]`.
    pub(crate) authorize: Option<Plain>,
    /// The methods that can be called.
    pub(crate) handlers: Vec<Handler>,
    /// Those that can be scheduled.
    pub(crate) alarms: Vec<Alarm>,
    /// Those that requests are for, which are handlers too.
    pub(crate) fetches: Vec<Fetch>,
    /// Those that the events of sockets run.
    pub(crate) sockets: Vec<SocketMethod>,
    /// The name of the enum of requests.
    pub(crate) request: Ident,
}

/// A method that the runtime itself calls, without arguments.
pub(crate) struct Plain {
    /// Its name.
    pub(crate) ident: Ident,
    /// `#[cfg(…)]`.
    pub(crate) cfgs: Vec<Attribute>,
    /// Whether it takes `cx`.
    pub(crate) context: Context,
}

/// A method that can be called.
pub(crate) struct Handler {
    /// The method.
    pub(crate) ident: Ident,
    /// Its name in the stub.
    pub(crate) stub_ident: Ident,
    /// The name that is called.
    pub(crate) name: String,
    /// The variant of its requests.
    pub(crate) variant: Ident,
    /// Its `static`.
    pub(crate) constant: Ident,
    /// `#[cfg(…)]`.
    pub(crate) cfgs: Vec<Attribute>,
    /// What the stub's method takes over: documentation, `#[must_use]`, `#[deprecated]`.
    pub(crate) carried: Vec<Attribute>,
    /// How it runs.
    pub(crate) kind: Kind,
    /// Whether it takes `cx` or `this`.
    pub(crate) context: Context,
    /// Its arguments.
    pub(crate) arguments: Vec<Argument>,
    /// What it gives.
    pub(crate) outcome: Outcome,
    /// From where it can be called.
    pub(crate) reach: Reach,
    /// Whether its answers can be watched.
    pub(crate) live: bool,
    /// Whether it computes for long.
    pub(crate) speed: Speed,
    /// What it means to repeat it.
    pub(crate) repeating: Repeating,
    /// After how many milliseconds a call is given up.
    pub(crate) deadline: Option<u64>,
}

/// How a handler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `&mut self`: in a transaction.
    Exclusive,
    /// `&self`: it reads.
    Shared,
    /// `async fn`: it awaits.
    Orchestration,
}

/// Whether a handler takes `cx` or `this`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// It does.
    Taken,
    /// It does not.
    LeftOut,
}

/// An argument.
pub(crate) struct Argument {
    /// Its name.
    pub(crate) ident: Ident,
    /// Its type, with the object's path for `Self`.
    pub(crate) ty: Type,
    /// How it travels.
    pub(crate) passing: Passing,
    /// The constant that proves that it can, if its type is not known.
    pub(crate) proof: Ident,
}

/// How an argument travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passing {
    /// `&str`, as a `String`.
    Text,
    /// `&[u8]`, as a `Vec<u8>`.
    Bytes,
    /// `String`, which the stub takes by `Into`.
    String,
    /// As it is, being of a fixed size.
    Fixed,
    /// The same, with the proof that it can be written down: another crate may have a type of this name.
    Proved,
    /// As it is, and its bytes are counted.
    Counted,
    /// Any other type, with the proof that it can travel.
    Carried,
}

impl Passing {
    /// Whether a constant proves that the type can travel.
    pub(crate) fn has_proof(self) -> bool {
        matches!(self, Passing::Proved | Passing::Carried)
    }

    /// Whether the method borrows it.
    pub(crate) fn is_borrowed(self) -> bool {
        matches!(self, Passing::Text | Passing::Bytes)
    }
}

/// What a handler gives.
pub(crate) struct Outcome {
    /// The value.
    pub(crate) value: TokenStream,
    /// The error, unless it is `Error`.
    pub(crate) error: Option<TokenStream>,
    /// The type as it is written, if it is not spelt `Result`.
    pub(crate) own: Option<TokenStream>,
}
