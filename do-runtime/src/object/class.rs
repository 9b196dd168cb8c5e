//! What the macros say of a durable object: `Object` from the struct, `Dispatch` from its impl.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::object::{Cx, StoredReader, StoredWriter};
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
    /// Its limits.
    const LIMITS: Limits;
    /// The region that its data must stay in.
    const JURISDICTION: Option<&'static str>;
    /// The typed stub.
    type Stub: From<crate::Stub<Self>>;

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

    /// Runs a request.
    fn dispatch(request: Self::Request, run: crate::call::Run<'_, Self>) -> crate::call::Ran;

    /// Runs the `#[init]` method, if there is one.
    fn init(&mut self, cx: &mut Cx<Self>) -> Result {
        let _ = cx;
        Ok(())
    }
}

/// What the stub says of a method.
#[derive(Debug)]
pub struct Method {
    /// The name that is called.
    pub name: &'static str,
    /// `#[rpc(slow)]`: kept off the callers' threads.
    pub slow: bool,
}

/// The proof that `T` is `Send`: there is no other way to make one.
pub struct Sendable<T: ?Sized>(std::marker::PhantomData<fn(&T)>);

impl<T: Send + ?Sized> Sendable<T> {
    /// `T` is `Send`, or this does not compile.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Sendable(std::marker::PhantomData)
    }
}

/// An argument on its way to its object.
///
/// It is `Send` whatever `T` is, because one can be made only of a `T` that is: so that an argument that is not is
/// one error, at the argument, and not another one for each place that it passes.
pub struct Carried<T>(T);

// SAFETY: the only way to make a `Carried<T>` is `Carried::new`, which asks for `T: Argument`, and that is `Send`.
#[allow(unsafe_code)]
unsafe impl<T> Send for Carried<T> {}

impl<T> Carried<T> {
    /// Takes an argument.
    pub fn new(argument: T) -> Self
    where
        T: Argument,
    {
        Carried(argument)
    }

    /// Gives it to the handler.
    pub fn take(self) -> T {
        self.0
    }
}

/// What can be an argument of an `#[rpc]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be an argument of an #[rpc]",
    label = "an argument moves between threads and may be stored: it is `Send`, `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize`, and hold nothing that is bound to one thread (`Arc` instead of `Rc`)"
)]
pub trait Argument: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + serde::Serialize + serde::de::DeserializeOwned + 'static> Argument for T {}

/// What can be the result of an `#[rpc]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the result of an #[rpc]",
    label = "a result moves between threads and may be stored: it is `Send`, `Serialize` and `Deserialize`",
    note = "derive serde's `Serialize` and `Deserialize`, and hold nothing that is bound to one thread (`Arc` instead of `Rc`)"
)]
pub trait Answer: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + serde::Serialize + serde::de::DeserializeOwned + 'static> Answer for T {}

/// The error type of a handler: `Error`, or `CallError<E>` of an `E` with `#[derive(RpcError)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the error of an #[rpc]",
    label = "not an error of a call",
    note = "return `Result<T>`, or `Result<T, CallError<E>>` with an `E` that has `#[derive(RpcError)]`"
)]
pub trait Failure: From<Error> + Send + 'static {}

impl Failure for Error {}
impl<E: crate::error::RpcError> Failure for crate::error::CallError<E> {}

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
}

impl<T, E> Outcome for Result<T, E> {
    type Value = T;
    type Error = E;
}
