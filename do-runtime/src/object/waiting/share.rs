//! Operations that several handlers of an object share: one runs, all have its result.
//!
//! An operation belongs to its object, not to the handler that began it: it goes on when that one's caller has gone, it has nobody's deadline, and
//! it keeps the object awake.

use std::any::Any;
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Semaphore;

use super::Waiting;
use crate::call::{Slot, scope};
use crate::env::BoxFuture;
use crate::error::{Error, ErrorKind, Result};
use crate::journal::LogPosition;
use crate::metadata::{Origin, Running};
use crate::object::this::{UnderWay, drive};
use crate::object::{Dispatch, Method, This};
use crate::sync::Mutex;

/// What an operation is called in metadata.
static SHARED: Method = Method::new("this.share");

/// The operations of an object that are under way.
#[derive(Default)]
pub(crate) struct Flights(Mutex<BTreeMap<Arc<str>, Flight>>);

struct Flight {
    running: Arc<Running>,
    /// An `Arc<Landing<T>>`.
    landing: Arc<dyn Any + Send + Sync>,
}

/// Where the result of an operation is told.
struct Landing<T> {
    /// Closes when it has ended. Nobody gets a permit.
    over: Semaphore,
    /// With the position up to which the log has to be durable before anybody outside may know.
    result: Mutex<Option<(Result<T>, LogPosition)>>,
}

impl<T: Clone> Landing<T> {
    /// The result, once there is one.
    async fn landed(&self) -> (Result<T>, LogPosition) {
        drop(self.over.acquire().await);
        let sentence = "the operation for whose result this handler waited was cut off: the runtime stops";
        let lost = || (Err(Error::new(ErrorKind::Unavailable, sentence)), LogPosition::default());
        self.result.lock().clone().unwrap_or_else(lost)
    }
}

/// An operation that is under way. Whatever becomes of it, nobody waits for it any longer than it lives.
struct Flying<O: Dispatch, T> {
    slot: Arc<Slot<O>>,
    key: Arc<str>,
    landing: Arc<Landing<T>>,
}

impl<O: Dispatch, T> Drop for Flying<O, T> {
    fn drop(&mut self) {
        // First: who comes now begins anew, and what failed is not kept.
        self.slot.shared.flights.0.lock().remove(&self.key);
        self.landing.over.close();
    }
}

impl<O: Dispatch> This<O> {
    /// Runs an operation of the object that all share who ask for it, by its key, while it is under way: it runs once, and all have its result. What comes
    /// after its end begins a new one: neither results nor failures are kept.
    ///
    /// It does not belong to the handler that happened to begin it. It goes on if that one's caller goes away, and also if all do; it has nobody's
    /// deadline, so what may hang needs one of its own: `.deadline("10s")`. In its metadata its object itself has called it, in that handler.
    ///
    /// ```
    /// # use do_runtime::prelude::*;
    /// # #[durable_object]
    /// # struct Page { #[stored] text: Option<String> }
    /// # async fn download(_url: &str) -> Result<String> { Ok(String::new()) }
    /// #[durable_object]
    /// impl Page {
    ///     /// The page, which is downloaded once, whoever asks meanwhile.
    ///     #[rpc]
    ///     async fn text(this: This<Self>) -> Result<String> {
    ///         this.share("download", Self::download).await
    ///     }
    ///
    ///     async fn download(this: This<Self>) -> Result<String> {
    ///         if let Some(text) = this.read(|me, _cx| Ok(me.text.clone())).await? {
    ///             return Ok(text);
    ///         }
    ///         let text = download(this.name().context("a page has a name")?).await?;
    ///         this.update(|me, _cx| {
    ///             me.text = Some(text.clone());
    ///             Ok(text)
    ///         })
    ///         .await
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// What the operation ends with, for all who wait; a `handler` error if it panics; `deadline` when the deadline of this handler's call has
    /// come; `invalid` if the operation waits for itself, or another one under this key has a result of another type; `unavailable` once the
    /// node has closed.
    pub fn share<'a, T, F>(
        &'a self,
        key: impl Into<Arc<str>>,
        operation: impl FnOnce(This<O>) -> F + Send + 'static,
    ) -> Waiting<'a, T>
    where
        T: Clone + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let key = key.into();
        Waiting::new(move |end| async move {
            let landing = self.join(key, operation).await?;
            let Some((result, seen)) = self.within(end, landing.landed()).await? else { return Ok(None) };
            self.handler.sees(seen);
            result.map(Some)
        })
    }

    /// Joins an operation that is under way, or begins it.
    async fn join<T, F>(
        &self,
        key: Arc<str>,
        operation: impl FnOnce(This<O>) -> F + Send + 'static,
    ) -> Result<Arc<Landing<T>>>
    where
        T: Clone + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        self.node()?;
        let slot = self.stub.slot()?;
        let (flying, running) = {
            let mut flights = slot.shared.flights.0.lock();
            if let Some(flight) = flights.get(&key) {
                return self.landing_of(&key, flight);
            }
            let running = Arc::new(self.begin_operation()?);
            let landing = Arc::new(Landing { over: Semaphore::new(0), result: Mutex::new(None) });
            flights.insert(key.clone(), Flight { running: running.clone(), landing: landing.clone() });
            (Flying { slot: slot.clone(), key, landing }, running)
        };
        let landing = flying.landing.clone();
        let this = This { stub: self.stub.clone(), handler: running.clone(), node: self.node.clone() };
        let span = running.meta.span();
        let mut flight: Option<BoxFuture> = Some(Box::pin(async move {
            let _under_way = UnderWay::begin(slot.clone());
            let result = drive(&slot.shared, &running, span.as_deref(), async { operation(this).await }).await;
            *flying.landing.result.lock() = Some((result, running.seen()));
            drop(flying);
        }));
        // In place first: an operation that awaits nothing costs no task.
        poll_fn(|cx| {
            if let (Some(operation), Some(_level)) = (&mut flight, scope::Level::enter())
                && operation.as_mut().poll(cx).is_ready()
            {
                flight = None;
            }
            Poll::Ready(())
        })
        .await;
        if let Some(flight) = flight {
            self.node.spawn(flight);
        }
        Ok(landing)
    }

    fn landing_of<T: Send + 'static>(&self, key: &str, flight: &Flight) -> Result<Arc<Landing<T>>> {
        if self.handler.is_part_of(&flight.running) {
            return Err(Error::invalid(format!(
                "the operation `{key}` would wait for itself: it has led to this call"
            )));
        }
        flight.landing.clone().downcast().map_err(|_| {
            Error::invalid(format!(
                "an operation `{key}` with a result of another type is under way: give them two keys"
            ))
        })
    }

    /// What goes with an operation that this handler begins.
    fn begin_operation(&self) -> Result<Running> {
        let mut meta = self.handler.meta.clone();
        meta.begin(&SHARED, Some(Arc::new(Origin::of_operation(self.handler.clone(), &SHARED)?)));
        Ok(Running::new(
            meta,
            self.handler.seen(),
            #[cfg(feature = "connect")]
            self.node.clone(),
        ))
    }
}
