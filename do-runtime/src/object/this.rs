//! `This`: what an asynchronous handler has instead of its object.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use tracing::Span;

use super::once::{Begun, Claim};
use super::{Answer, Cx, Dispatch, Failure};
use crate::call::{
    Body, Instance, Orchestration, Ran, Shared, Slot, Stub, TurnFor, TurnOf, came, give_back, no_await, scope, too_late,
};
use crate::error::{CallError, Error, ErrorKind, Result, RpcError};
use crate::journal::LogPosition;
use crate::metadata::ambient::Polling;
use crate::metadata::{Metadata, Running};
use crate::node::{Awake, Node, Objects, durable, panicked, put_to_sleep};
use crate::observe::{self, Moment};
use crate::stream::Gate;
use crate::time::IntoDuration;
use crate::{ObjectId, Timestamp};

/// The object of an asynchronous handler: `async fn f(this: This<Self>, …)`.
///
/// It holds no state of the object. It touches it through [`This::update`] and [`This::read`], each of which
/// runs once the object is free; while the handler awaits anything else, other handlers of the object run.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Counter { #[stored] count: u64 }
/// #[durable_object]
/// impl Counter {
///     #[rpc]
///     async fn add_later(this: This<Self>) -> Result<u64> {
///         this.sleep("5s").await?;
///         this.update(|me, _cx| {
///             me.count += 1;
///             Ok(me.count)
///         })
///         .await // one transaction, durable now
///     }
/// }
/// ```
pub struct This<O: Dispatch> {
    pub(super) stub: Stub<O>,
    pub(super) handler: Arc<Running>,
    /// The node that it runs in: a handler does not outlive it, even if the folder is opened again.
    pub(super) node: Arc<Node>,
}

impl<O: Dispatch> Clone for This<O> {
    fn clone(&self) -> Self {
        This { stub: self.stub.clone(), handler: self.handler.clone(), node: self.node.clone() }
    }
}

impl<O: Dispatch> This<O> {
    /// Runs a closure as one transaction, as an exclusive handler would be. It is durable when this returns.
    ///
    /// # Errors
    /// What the closure returns, and then nothing of it happened; or an error of the runtime.
    pub async fn update<T>(&self, body: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T> + Send) -> Result<T>
    where
        T: Send,
    {
        self.exclusive(body).await
    }

    /// The same for a closure with an error type of its own.
    ///
    /// # Errors
    /// As [`This::update`].
    pub async fn try_update<T, E>(
        &self,
        body: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, CallError<E>> + Send,
    ) -> Result<T, CallError<E>>
    where
        T: Send,
        E: RpcError,
    {
        self.exclusive(body).await
    }

    async fn exclusive<T, E>(&self, body: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, E> + Send) -> Result<T, E>
    where
        T: Send,
        E: Failure,
    {
        let (result, position) = self.with(|awake, slot| awake.exclusive(&slot.shared, body)).await.map_err(E::from)?;
        durable(self.node()?.log(), position).await?;
        result
    }

    /// Runs a closure that only reads. What it sees may not be durable yet: see [`This::durable`].
    ///
    /// # Errors
    /// What the closure returns, or an error of the runtime.
    pub async fn read<T>(&self, body: impl FnOnce(&O, &Cx<O>) -> Result<T> + Send) -> Result<T>
    where
        T: Send,
    {
        self.with(|awake, slot| awake.shared(&slot.shared, body)).await?.0
    }

    /// Waits until everything that this handler has seen of its object is durable: before input and output of its
    /// own that depends on it. Replies and calls of other objects wait by themselves.
    ///
    /// # Errors
    /// `unavailable` if it will not be.
    pub async fn durable(&self) -> Result {
        durable(self.node()?.log(), self.handler.seen()).await
    }

    /// Runs `body` in a turn at the object, and gives the turn back.
    pub(super) async fn with<R, E>(
        &self,
        body: impl FnOnce(&mut Awake<O>, &Slot<O>) -> (Result<R, E>, Ran) + Send,
    ) -> Result<(Result<R, E>, LogPosition)> {
        if scope::in_handler() {
            return Err(no_await());
        }
        self.node()?;
        let mut turn = TurnFor::new(self.stub.slot()?, TurnOf::Instance).await?;
        let slot = turn.baton().clone();
        let Body::Awake(awake) = &mut *turn else {
            give_back(turn);
            return Err(Error::new(ErrorKind::Internal, "a turn at an object came while it slept"));
        };
        awake.meta().begin_within(&self.handler);
        let (result, ran) = body(awake, &slot);
        awake.meta().end();
        if ran.instance == Instance::Spoiled {
            put_to_sleep(&mut turn);
        }
        self.handler.sees(ran.position);
        give_back(turn);
        Ok((result, ran.position))
    }

    /// The object's id.
    pub fn id(&self) -> ObjectId {
        self.stub.id()
    }

    /// The object's name, unless it was made by `new_unique_id`.
    pub fn name(&self) -> Option<&str> {
        self.stub.name()
    }

    /// The name of the object's class.
    pub fn class(&self) -> &'static str {
        O::CLASS
    }

    /// What goes with the call besides its arguments: who made it, its deadline, its request.
    pub fn meta(&self) -> &Metadata {
        &self.handler.meta
    }

    /// The objects of this node, to make stubs of. Calls that the handler itself polls carry its metadata on: its chain, its
    /// trace, its request and its deadline, with this object as their caller. Calls in a task that it spawns do not.
    pub fn objects(&self) -> Objects {
        Objects::visiting(self.stub.home().clone())
    }

    /// What the program gave its objects of this type, by [`with`](crate::Builder::with).
    ///
    /// # Errors
    /// `internal` if it gave none.
    pub fn shared<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        self.stub.home().shared()
    }

    /// The time now. Unlike `cx.now()` it goes on while the handler runs.
    ///
    /// # Errors
    /// `unavailable` once the node has closed.
    pub fn now(&self) -> Result<Timestamp> {
        Ok(self.node()?.env().clock.now())
    }

    /// Waits on the runtime's clock, which is virtual under test: for a `Duration`, or for text such as `"5s"`.
    ///
    /// # Errors
    /// `invalid` for text that is no duration; `unavailable` once the node has closed.
    pub async fn sleep(&self, duration: impl IntoDuration) -> Result {
        let duration = duration.into_duration()?;
        let clock = self.node()?.env().clock.clone();
        clock.sleep_until(clock.now() + duration).await;
        Ok(())
    }

    pub(super) fn node(&self) -> Result<&Node> {
        self.node.rest().map(|_| &*self.node)
    }
}

/// Keeps the object of a running handler awake.
pub(super) struct UnderWay<O: Dispatch>(Arc<Slot<O>>);

impl<O: Dispatch> UnderWay<O> {
    pub(super) fn begin(slot: Arc<Slot<O>>) -> Self {
        slot.shared.orchestrations.fetch_add(1, Ordering::Relaxed);
        UnderWay(slot)
    }
}

impl<O: Dispatch> Drop for UnderWay<O> {
    fn drop(&mut self) {
        let last = self.0.shared.orchestrations.fetch_sub(1, Ordering::Relaxed) == 1;
        let node = self.0.shared.host.node();
        if last && node.is_deterministic() {
            // Nobody looks, while virtual time passes, at objects that can't go to sleep.
            node.woken().notify_one();
        }
    }
}

/// An asynchronous handler, ready to be polled: contains its panics, and answers only when what it has seen of its
/// object is durable.
pub(crate) fn orchestrate<O, T, E, F>(
    slot: Arc<Slot<O>>,
    meta: Metadata,
    span: Option<Span>,
    handler: impl FnOnce(This<O>) -> F,
) -> Orchestration<T, E>
where
    O: Dispatch,
    T: Answer,
    E: Failure,
    F: Future<Output = Result<T, E>> + Send + 'static,
{
    let stub = Stub::of(slot.clone());
    let running = Arc::new(Running::new(
        meta,
        slot.shared.position(),
        #[cfg(feature = "connect")]
        slot.shared.host.shared_node(),
    ));
    let this = This { stub, handler: running.clone(), node: slot.shared.host.shared_node() };
    let handler = handler(this.clone());
    Box::pin(async move {
        let under_way = UnderWay::begin(slot);
        let shared = &under_way.0.shared;
        let node = shared.host.node();
        let began = Moment::now(node);
        let claim = match (running.meta.key(), running.meta.called()) {
            (Some(key), Some(method)) => match Claim::begin(&this, &under_way.0, key, method).await? {
                Begun::Run(claim) => Some(claim),
                Begun::Kept(reply) => return Ok(T::from_reply(&reply)?),
            },
            _ => None,
        };
        let result = drive(shared, &running, span.as_ref(), handler).await;
        let result = match claim {
            Some(claim) => claim.end(&this, result).await,
            None => result,
        };
        let ended = Moment::now(node);
        if let Some(method) = running.meta.called() {
            observe::ended(O::CLASS, method, began, node, || came(&result));
        }
        let result = result.map(|mut value| {
            value.bind(|| Gate::new(shared.host.shared_node(), running.clone()));
            value
        });
        durable(node.log(), running.seen()).await.map_err(E::from)?;
        if let Some(method) = running.meta.called() {
            observe::answered(O::CLASS, method, ended, node);
        }
        result
    })
}

/// Polls a handler to its end, or to that of its node: as itself, in its span, and contains its panics.
pub(super) async fn drive<O, T, E, F>(
    shared: &Shared<O>,
    running: &Arc<Running>,
    span: Option<&Span>,
    handler: F,
) -> Result<T, E>
where
    O: Dispatch,
    E: Failure,
    F: Future<Output = Result<T, E>>,
{
    let node = shared.host.node();
    let mut handler = pin!(handler);
    // Else a handler that waits for an hour would leave its caller waiting as long after the end of its node.
    let mut over = pin!(node.over().notified());
    poll_fn(|cx| {
        let _within = span.map(Span::enter);
        let _polling = Polling::enter(running);
        if node.is_over() {
            // The folder may have been opened again: that is another life, and nothing of this one goes on in it.
            return Poll::Ready(Err(E::from(too_late(shared))));
        }
        let polled = catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Err(E::from(panicked(&shared.identity, &*panic)))));
        match polled {
            Poll::Pending => over.as_mut().poll(cx).map(|()| Err(E::from(too_late(shared)))),
            ended => ended,
        }
    })
    .await
}
