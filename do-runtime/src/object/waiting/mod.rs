//! What asynchronous handlers of one object wait for together: a change of the object, their place in a line, an operation that
//! they share.
//!
//! All of it is kept beside the object, in its slot, and not in its instance: it stays when the instance is woken afresh.

mod change;
mod line;
mod share;

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

pub(crate) use change::Waits;
pub use line::FirstInLine;
pub(crate) use line::Lines;
pub(crate) use share::Flights;

use super::{Cx, Dispatch, This};
use crate::Timestamp;
use crate::call::{no_await, scope};
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind, Result};

/// Waiting, inside an asynchronous handler: what [`This::wait_for`], [`This::first_in_line`] and [`This::share`] give. It begins when it
/// is first polled, and ends with a `deadline` error at the deadline of the handler's call. Dropped, it waits for nothing any more.
#[must_use = "nothing is waited for until this is awaited"]
pub struct Waiting<'a, T>(State<'a, T>);

/// The same with an end: what [`Waiting::until`] gives.
#[must_use = "nothing is waited for until this is awaited"]
pub struct WaitingUntil<'a, T> {
    waiting: Waiting<'a, T>,
    end: Timestamp,
}

/// Begins to wait, with an end or without.
type Begin<'a, T> = Box<dyn FnOnce(Option<Timestamp>) -> Begun<'a, T> + Send + 'a>;

/// What was waited for, or nothing if the end came before.
type Begun<'a, T> = Pin<Box<dyn Future<Output = Result<Option<T>>> + Send + 'a>>;

enum State<'a, T> {
    New(Begin<'a, T>),
    Begun(Begun<'a, T>),
    Over,
}

impl<'a, T> Waiting<'a, T> {
    fn new<F>(begin: impl FnOnce(Option<Timestamp>) -> F + Send + 'a) -> Self
    where
        F: Future<Output = Result<Option<T>>> + Send + 'a,
    {
        Waiting(State::New(Box::new(|end| Box::pin(begin(end)))))
    }

    /// Waits until then, and gives `None` if what is waited for has not come before. The time is one of [`This::now`].
    pub fn until(self, end: Timestamp) -> WaitingUntil<'a, T> {
        WaitingUntil { waiting: self, end }
    }

    fn advance(&mut self, end: Option<Timestamp>, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        let mut begun = match std::mem::replace(&mut self.0, State::Over) {
            State::New(_) if scope::in_handler() => return Poll::Ready(Err(no_await())),
            State::New(begin) => begin(end),
            State::Begun(begun) => begun,
            State::Over => return Poll::Ready(Err(Error::invalid("a wait was awaited again after its end"))),
        };
        let polled = begun.as_mut().poll(cx);
        if polled.is_pending() {
            self.0 = State::Begun(begun);
        }
        polled
    }
}

impl<T> Unpin for Waiting<'_, T> {}

impl<T> Future for Waiting<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        self.advance(None, cx)
            .map_ok(|came| came.ok_or_else(|| Error::new(ErrorKind::Internal, "a wait without an end has come to it")))
            .map(Result::flatten)
    }
}

impl<T> Future for WaitingUntil<'_, T> {
    type Output = Result<Option<T>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Option<T>>> {
        let end = self.end;
        self.waiting.advance(Some(end), cx)
    }
}

impl<T> fmt::Debug for Waiting<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waiting<{}>", std::any::type_name::<T>())
    }
}

impl<T> fmt::Debug for WaitingUntil<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingUntil").field("end", &self.end).finish_non_exhaustive()
    }
}

impl<O: Dispatch> This<O> {
    /// Waits until the object is as the closure wants it. It runs as an [`update`](This::update) does: at once, and if it gives `None`, again
    /// after each change of the object, until it gives `Some`, which is durable when this returns. `None` undoes whatever the closure did, as
    /// an `Err` would: ephemeral fields excepted.
    ///
    /// A change is the end of any other handler that may write, of an alarm, or of an update, whatever came of it; or that the object woke afresh.
    /// Time that passes is none: what depends on it needs an [alarm](crate::alarm).
    ///
    /// Who began to wait first looks first, after each change. So nobody overtakes who could go before. Each change costs a look for each
    /// one who waits: where many want the same thing, let them stand in line with [`first_in_line`](This::first_in_line), and one waits.
    ///
    /// ```
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Stock { #[stored] items: Vec<String> }
    /// #[durable_object]
    /// impl Stock {
    ///     #[rpc]
    ///     fn put(&mut self, item: String) -> Result {
    ///         self.items.push(item);
    ///         Ok(())
    ///     }
    ///
    ///     /// Takes an item, as soon as there is one.
    ///     #[rpc]
    ///     async fn take(this: This<Self>) -> Result<String> {
    ///         this.wait_for(|me, _cx| Ok(me.items.pop())).await
    ///     }
    ///
    ///     /// The same, for five seconds at most.
    ///     #[rpc]
    ///     async fn take_soon(this: This<Self>) -> Result<Option<String>> {
    ///         let end = this.now()? + secs(5);
    ///         this.wait_for(|me, _cx| Ok(me.items.pop())).until(end).await
    ///     }
    /// }
    /// ```
    ///
    /// With [`until`](Waiting::until) it looks at least once, even if that time has come already. Dropped while it waits, it did nothing; dropped
    /// later, what the closure did may have been kept, as with an update.
    ///
    /// # Errors
    /// What the closure returns, and then nothing of it happened; `deadline` when the deadline of the handler's call has come; or an error
    /// of the runtime.
    pub fn wait_for<'a, T>(
        &'a self,
        look: impl FnMut(&mut O, &mut Cx<O>) -> Result<Option<T>> + Send + 'a,
    ) -> Waiting<'a, T>
    where
        T: Send + 'a,
    {
        Waiting::new(move |end| change::wait(self, end, look))
    }

    /// What a future gives; nothing, if the end comes before.
    ///
    /// # Errors
    /// `deadline` if that of the call comes first: nobody is there any more whom it could concern.
    async fn within<T>(&self, end: Option<Timestamp>, future: impl Future<Output = T>) -> Result<Option<T>> {
        let deadline = self.handler.deadline();
        let Some(first) = [end, deadline].into_iter().flatten().min() else { return Ok(Some(future.await)) };
        let mut future = pin!(future);
        let mut timer: Option<BoxFuture> = None;
        poll_fn(|cx| {
            if let Poll::Ready(came) = future.as_mut().poll(cx) {
                return Poll::Ready(Ok(Some(came)));
            }
            let timer = match &mut timer {
                Some(timer) => timer,
                None => timer.insert(self.node()?.env().clock.sleep_until(first)),
            };
            timer.as_mut().poll(cx).map(|()| if deadline == Some(first) { Err(self.overdue()) } else { Ok(None) })
        })
        .await
    }

    fn overdue(&self) -> Error {
        let object = self.meta().object();
        Error::new(ErrorKind::Deadline, format!("the deadline of a call passed while its handler waited at {object}"))
    }
}
