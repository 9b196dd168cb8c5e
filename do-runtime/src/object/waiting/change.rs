//! Waiting for a change of an object, in the order in which the handlers came.
//!
//! Those who wait look one after the other. Who has looked in vain calls the next one; a change lets the first one begin again. Looks and
//! changes happen in turns at the object, so that whoever has looked has seen all changes before.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::task::{Context, Poll, Waker};

use crate::Timestamp;
use crate::call::{Instance, Ran, Slot};
use crate::error::{Error, Result};
use crate::journal::LogPosition;
use crate::node::{Awake, durable};
use crate::object::{Cx, Dispatch, This};
use crate::sync::Mutex;

/// The place of one who waits. Waiting ends with the process, so its tickets need not outlive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Ticket(u64);

impl Ticket {
    fn draw() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Ticket(NEXT.fetch_add(1, Relaxed))
    }
}

/// Who waits for a change of an object.
#[derive(Default)]
pub(crate) struct Waits {
    /// Whether there is somebody. It is all that a handler looks at where nobody waits.
    ///
    /// Who waits says so before the turn in which it looks. Either that turn came before the one that makes a change, and then its holder
    /// sees this, or who waits sees the change.
    any: AtomicBool,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    /// With whom to wake, if it was not called.
    waiting: BTreeMap<Ticket, Option<Waker>>,
    /// All before this one have seen the object as it is.
    next: Ticket,
}

impl List {
    /// Who looks next. It was called, or is on its way by itself.
    fn first(&self) -> Option<Ticket> {
        self.waiting.range(self.next..).next().map(|(ticket, _)| *ticket)
    }

    fn call_first(&mut self) -> Option<Waker> {
        self.waiting.range_mut(self.next..).next()?.1.take()
    }
}

impl Waits {
    /// The object may be another one than before.
    #[inline]
    pub(crate) fn changed(&self) {
        if self.any.load(Relaxed) {
            self.tell();
        }
    }

    #[cold]
    #[inline(never)]
    fn tell(&self) {
        self.call(|list| list.next = Ticket::default());
    }

    /// Changes the list, and calls whoever looks next then.
    fn call(&self, change: impl FnOnce(&mut List)) {
        let mut list = self.list.lock();
        change(&mut list);
        let called = list.call_first();
        drop(list);
        if let Some(called) = called {
            called.wake();
        }
    }

    /// Takes a place: the last one, or the one that was had at another slot.
    fn enter(&self, before: Option<Ticket>) -> Ticket {
        let mut list = self.list.lock();
        let ticket = before.unwrap_or_else(Ticket::draw);
        list.waiting.insert(ticket, None);
        // One that comes from another slot may be older than those who are here.
        list.next = list.next.min(ticket);
        self.any.store(true, Relaxed);
        ticket
    }

    fn leave(&self, ticket: Ticket) {
        self.call(|list| {
            list.waiting.remove(&ticket);
            self.any.store(!list.waiting.is_empty(), Relaxed);
        });
    }

    fn has_seen(&self, ticket: Ticket) {
        self.call(|list| {
            // Unless an older one came from another slot meanwhile, which has seen nothing.
            if list.first() == Some(ticket) {
                list.next = Ticket(ticket.0 + 1);
            }
        });
    }

    fn is_first(&self, ticket: Ticket) -> bool {
        self.list.lock().first() == Some(ticket)
    }

    fn poll_first(&self, ticket: Ticket, cx: &Context<'_>) -> Poll<()> {
        let mut list = self.list.lock();
        if list.first() == Some(ticket) {
            return Poll::Ready(());
        }
        if let Some(waker) = list.waiting.get_mut(&ticket) {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// A place among those who wait at a slot.
struct Place<O: Dispatch> {
    slot: Arc<Slot<O>>,
    ticket: Ticket,
}

impl<O: Dispatch> Drop for Place<O> {
    fn drop(&mut self) {
        self.slot.shared.waits.leave(self.ticket);
    }
}

/// What has come of a turn.
enum Look<T> {
    Came(T),
    NotYet,
    /// Somebody else looks first.
    NotItsTurn,
}

/// Why a look was undone.
enum Undone {
    NotYet,
    Failed(Error),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Undone::Failed(error)
    }
}

impl<O: Dispatch> Place<O> {
    fn take(slot: Arc<Slot<O>>, before: Option<Ticket>) -> Self {
        let ticket = slot.shared.waits.enter(before);
        Place { slot, ticket }
    }

    /// Resolves when it is to look; or when the slot was fenced, where nothing changes any more.
    async fn called(&self) {
        poll_fn(|cx| match self.slot.shared.is_live() {
            true => self.slot.shared.waits.poll_first(self.ticket, cx),
            false => Poll::Ready(()),
        })
        .await;
    }

    /// Looks, in a turn at a slot.
    fn look<T>(
        &self,
        this: &This<O>,
        awake: &mut Awake<O>,
        slot: &Slot<O>,
        look: impl FnOnce(&mut O, &mut Cx<O>) -> Result<Option<T>>,
    ) -> (Result<Look<T>>, Ran) {
        let waits = &slot.shared.waits;
        let nothing = Ran { position: LogPosition::default(), instance: Instance::Kept };
        if !std::ptr::eq(slot, &*self.slot) || !waits.is_first(self.ticket) {
            return (Ok(Look::NotItsTurn), nothing);
        }
        let now = slot.shared.host.node().now();
        if this.handler.deadline().is_some_and(|deadline| deadline <= now) {
            return (Err(this.overdue()), nothing);
        }
        let (looked, ran) = awake.transact(&slot.shared, |object, cx| look(object, cx)?.ok_or(Undone::NotYet));
        let looked = match looked {
            Err(Undone::NotYet) => {
                waits.has_seen(self.ticket);
                Ok(Look::NotYet)
            }
            Ok(value) => {
                waits.changed();
                Ok(Look::Came(value))
            }
            Err(Undone::Failed(error)) => {
                // What is ephemeral is not undone.
                waits.changed();
                Err(error)
            }
        };
        (looked, ran)
    }
}

/// Waits until a closure gives something; nothing, if the end comes before, and it has looked at least once.
pub(super) async fn wait<O: Dispatch, T: Send>(
    this: &This<O>,
    end: Option<Timestamp>,
    mut look: impl FnMut(&mut O, &mut Cx<O>) -> Result<Option<T>> + Send,
) -> Result<Option<T>> {
    let mut place = Place::take(this.stub.slot()?, None);
    let mut patience = None;
    loop {
        let slot = this.stub.slot()?;
        if !Arc::ptr_eq(&slot, &place.slot) {
            place = Place::take(slot, Some(place.ticket));
        }
        if this.within(patience, place.called()).await?.is_none() {
            return Ok(None);
        }
        let turn = this.with(|awake, slot| place.look(this, awake, slot, &mut look)).await;
        if turn.is_err() && !place.slot.shared.is_live() && !this.node()?.is_closing() {
            // It was fenced before the turn came: nothing was looked at. Its successor is about to be there.
            tokio::task::yield_now().await;
            continue;
        }
        let (looked, position) = turn?;
        let came = match looked {
            Ok(Look::NotItsTurn) => continue,
            Ok(Look::NotYet) => {
                patience = end;
                continue;
            }
            Ok(Look::Came(value)) => Ok(Some(value)),
            Err(error) => Err(error),
        };
        // It looks no more: the next one need not wait for the disk too.
        drop(place);
        durable(this.node()?.log(), position).await?;
        return came;
    }
}
