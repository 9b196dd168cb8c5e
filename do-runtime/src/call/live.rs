//! A reading call whose answer is given again whenever it has changed.

use std::fmt;

use super::again::written;
use super::future::State;
use super::{Call, Stub};
use crate::error::{Error, ErrorKind, Result};
use crate::node::Watching;
use crate::object::{Answer, ArgumentsReader, Dispatch, Failure, Method, Wire};

/// The answers of an `#[rpc(live)]` method: what `call.live()` gives. Dropped, nothing is watched any more.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Counter { #[stored] count: u64 }
/// #[durable_object]
/// impl Counter {
///     #[rpc(public, live)]
///     fn count(&self) -> Result<u64> {
///         Ok(self.count)
///     }
/// }
///
/// # async fn example(objects: Objects) -> Result {
/// let mut count = objects.get_by_name::<Counter>("visits").count().live()?;
/// loop {
///     println!("{}", count.next().await?); // at once, and whenever a transaction has changed it
/// #   break Ok(());
/// }
/// # }
/// ```
pub struct Live<O: Dispatch, T, E = Error> {
    stub: Stub<O>,
    /// Makes the call once more.
    again: Again<O, T, E>,
    watching: Option<Watching>,
    /// What was given last.
    last: Option<blake3::Hash>,
}

/// Makes a call of a stub.
type Again<O, T, E> = Box<dyn Fn(&Stub<O>) -> Result<Call<O, T, E>> + Send>;

impl<O: Dispatch, T, E> fmt::Debug for Live<O, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Live({:?})", self.stub)
    }
}

impl<O: Dispatch, T: Answer, E: Failure> Call<O, T, E> {
    /// Asks for the answer now, and for each one that is different from the one before, once it is durable. Transactions that follow each other
    /// quickly may be seen together. Of what was set for the call only its caller is kept.
    ///
    /// # Errors
    /// `invalid` if the method is not `#[rpc(live)]`, or the call was awaited already.
    pub fn live(self) -> Result<Live<O, T, E>> {
        let State::New(method, request) = &self.state else {
            return Err(Error::invalid("this call was awaited already: watch a call that nobody has polled"));
        };
        check(method)?;
        let (method, arguments) = (method.name, written::<O>(request)?);
        let caller = self.aside.as_ref().and_then(|aside| aside.settings.caller.clone());
        Ok(Live::new(self.stub.clone(), move |stub| {
            let (method, request) = O::decode(method, &mut ArgumentsReader::new(&arguments)?)?;
            let call = Call::new(stub.clone(), method, request);
            Ok(if let Some(caller) = caller.clone() { call.caller(caller) } else { call })
        }))
    }
}

/// Whether a method can be watched.
pub(super) fn check(method: &Method) -> Result {
    match method.live {
        true => Ok(()),
        false => Err(Error::invalid(format!("`{}` can't be watched: it is not `#[rpc(live)]`", method.name))),
    }
}

impl<O: Dispatch, T: Answer, E: Failure> Live<O, T, E> {
    pub(super) fn new(stub: Stub<O>, again: impl Fn(&Stub<O>) -> Result<Call<O, T, E>> + Send + 'static) -> Self {
        Live { stub, again: Box::new(again), watching: None, last: None }
    }

    /// The answer, the first time; then the next one that is different. An error is given once, and the next call of this waits for what
    /// comes after it.
    ///
    /// # Errors
    /// What the handler fails with; `unavailable` once the objects were closed, and then for ever.
    pub async fn next(&mut self) -> Result<T, E> {
        loop {
            match &mut self.watching {
                Some(watching) => {
                    if watching.changed().await.is_none() {
                        return Err(E::from(Error::new(
                            ErrorKind::Unavailable,
                            "the objects that were watched were closed",
                        )));
                    }
                }
                None => {
                    let node = self.stub.home().node().map_err(E::from)?;
                    // Before it is read for the first time: nothing is missed.
                    self.watching = Some(node.watches().watch(self.stub.id()));
                }
            }
            let answer = match (self.again)(&self.stub) {
                Ok(call) => call.await,
                Err(error) => Err(E::from(error)),
            };
            let seen = match &answer {
                Ok(value) => blake3::hash(&value.to_wire(Wire::MessagePack).map_err(E::from)?),
                Err(error) => blake3::hash(error.sentence().as_bytes()),
            };
            if self.last.replace(seen) != Some(seen) {
                return answer;
            }
        }
    }
}
