//! `This`: what an asynchronous handler has instead of its object.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use super::{Answer, Cx, Dispatch, Failure};
use crate::call::{Body, Instance, Orchestration, Ran, Slot, Stub, TurnFor, TurnOf, give_back, no_await, scope};
use crate::error::{CallError, Error, ErrorKind, Result, RpcError};
use crate::journal::LogPosition;
use crate::node::{Awake, Node, Objects, durable, panicked, put_to_sleep};
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
///         this.sleep(secs(5)).await;
///         this.update(|me, _cx| {
///             me.count += 1;
///             Ok(me.count)
///         })
///         .await // one transaction, durable now
///     }
/// }
/// ```
pub struct This<O: Dispatch> {
    stub: Stub<O>,
    /// The log position of the last commit that this handler may have seen.
    seen: Arc<AtomicU64>,
    /// The node that it runs in: a handler does not outlive it, even if the folder is opened again.
    node: Arc<Node>,
}

impl<O: Dispatch> Clone for This<O> {
    fn clone(&self) -> Self {
        This { stub: self.stub.clone(), seen: self.seen.clone(), node: self.node.clone() }
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
        durable(self.node()?.log(), self.seen()).await
    }

    /// Runs `body` in a turn at the object, and gives the turn back.
    async fn with<R, E>(
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
        let (result, ran) = body(awake, &slot);
        if ran.instance == Instance::Spoiled {
            put_to_sleep(&mut turn);
        }
        self.seen.fetch_max(ran.position.0, Ordering::AcqRel);
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

    /// The objects of this node, to make stubs of.
    pub fn objects(&self) -> Objects {
        Objects::visiting(self.stub.home().clone())
    }

    /// The time now. Unlike `cx.now()` it goes on while the handler runs.
    ///
    /// # Errors
    /// `unavailable` once the node has closed.
    pub fn now(&self) -> Result<Timestamp> {
        Ok(self.node()?.env().clock.now())
    }

    /// Waits on the runtime's clock, which is virtual under test.
    pub async fn sleep(&self, duration: Duration) {
        if let Ok(node) = self.node() {
            let clock = node.env().clock.clone();
            clock.sleep_until(clock.now() + duration).await;
        }
    }

    fn node(&self) -> Result<&Node> {
        self.node.rest().map(|_| &*self.node)
    }

    fn seen(&self) -> LogPosition {
        LogPosition(self.seen.load(Ordering::Acquire))
    }
}

/// Keeps the object of a running handler awake.
struct UnderWay<O: Dispatch>(Arc<Slot<O>>);

impl<O: Dispatch> UnderWay<O> {
    fn begin(slot: Arc<Slot<O>>) -> Self {
        slot.shared.orchestrations.fetch_add(1, Ordering::Relaxed);
        UnderWay(slot)
    }
}

impl<O: Dispatch> Drop for UnderWay<O> {
    fn drop(&mut self) {
        self.0.shared.orchestrations.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An asynchronous handler, ready to be polled: contains its panics, and answers only when what it has seen of its
/// object is durable.
pub(crate) fn orchestrate<O, T, E, F>(slot: Arc<Slot<O>>, handler: impl FnOnce(This<O>) -> F) -> Orchestration<T, E>
where
    O: Dispatch,
    T: Answer,
    E: Failure,
    F: Future<Output = Result<T, E>> + Send + 'static,
{
    let stub = Stub::of(slot.clone());
    let seen = Arc::new(AtomicU64::new(slot.shared.position().0));
    let this = This { stub, seen: seen.clone(), node: slot.shared.host.shared_node() };
    let handler = handler(this);
    Box::pin(async move {
        let under_way = UnderWay::begin(slot);
        let shared = &under_way.0.shared;
        let mut handler = pin!(handler);
        let result = std::future::poll_fn(|cx| {
            catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(cx)))
                .unwrap_or_else(|panic| Poll::Ready(Err(E::from(panicked(&shared.identity, &*panic)))))
        })
        .await;
        durable(shared.host.node().log(), LogPosition(seen.load(Ordering::Acquire))).await.map_err(E::from)?;
        result
    })
}
