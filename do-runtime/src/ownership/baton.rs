//! The baton of an object: one word that is both its state and its queue.
//!
//! `head` is null while nobody has the baton; [`TAKEN`] while somebody has it and nobody waits; else the newest
//! entry of a stack of those who wait, which ends in `TAKEN`. Taking the baton is one exchange, giving it back is
//! another, and there is no gap between "the queue is empty" and "the baton is free" in which an entry could be
//! lost. The holder takes the whole stack at once and reverses it: first come, first served.
//!
//! Acquire on taking and Release on giving back order all that successive holders do with the body, which
//! therefore needs no lock of its own. `tests/loom` checks this file with loom.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::sync::{Arc, AtomicPtr, UnsafeCell, point};

/// An entry of the queue.
pub(crate) struct Link<N> {
    next: UnsafeCell<*const Link<N>>,
    /// What waits.
    pub(crate) item: N,
}

// SAFETY: `next` is written by the thread that pushes the link, before the push, and read by the holder of the
// baton after it took the stack; the exchange on `head` orders the two. `item` is only shared.
unsafe impl<N: Send + Sync> Send for Link<N> {}
// SAFETY: as above.
unsafe impl<N: Send + Sync> Sync for Link<N> {}

impl<N> Link<N> {
    /// An entry that is in no queue yet. It may be queued once.
    pub(crate) fn new(item: N) -> Arc<Self> {
        Arc::new(Link { next: UnsafeCell::new(ptr::null()), item })
    }
}

/// A body that belongs to whoever has the baton, and what everybody may see of it.
pub(crate) struct Baton<S, B, N> {
    head: AtomicPtr<Link<N>>,
    body: UnsafeCell<B>,
    /// What everybody may see.
    pub(crate) shared: S,
}

// SAFETY: `body` is reached only through a `Turn`, of which there is one at a time; it moves between threads
// with it, so it must be `Send`. Entries are dropped by whoever takes them.
unsafe impl<S: Send, B: Send, N: Send + Sync> Send for Baton<S, B, N> {}
// SAFETY: as above; `shared` is shared.
unsafe impl<S: Sync, B: Send, N: Send + Sync> Sync for Baton<S, B, N> {}

/// `head` while the baton is taken and nobody waits. Never dereferenced.
fn taken<N>() -> *mut Link<N> {
    ptr::without_provenance_mut(1)
}

impl<S, B, N> Baton<S, B, N> {
    /// A baton that nobody has.
    pub(crate) fn new(shared: S, body: B) -> Self {
        Baton { head: AtomicPtr::new(ptr::null_mut()), body: UnsafeCell::new(body), shared }
    }

    /// Takes the baton if nobody has it.
    #[inline]
    pub(crate) fn try_take<P: Deref<Target = Self>>(this: P) -> Result<Turn<P, S, B, N>, P> {
        point();
        let free = this.head.load(Relaxed).is_null()
            && this.head.compare_exchange(ptr::null_mut(), taken(), Acquire, Relaxed).is_ok();
        if free { Ok(Turn { baton: this }) } else { Err(this) }
    }

    /// Takes the baton if nobody has it, or queues the entry. An entry that was not queued may be queued later.
    pub(crate) fn take_or_queue<P: Deref<Target = Self>>(this: P, entry: &Arc<Link<N>>) -> Option<Turn<P, S, B, N>> {
        let raw = Arc::into_raw(entry.clone()).cast_mut();
        let mut head = this.head.load(Relaxed);
        loop {
            point();
            if head.is_null() {
                match this.head.compare_exchange_weak(head, taken(), Acquire, Relaxed) {
                    Ok(_) => {
                        // SAFETY: `raw` came from `into_raw` above and was not published.
                        drop(unsafe { Arc::from_raw(raw) });
                        return Some(Turn { baton: this });
                    }
                    Err(seen) => head = seen,
                }
            } else {
                // SAFETY: the link is not in the queue yet, so nobody else touches `next`.
                entry.next.with_mut(|next| unsafe { *next = head });
                match this.head.compare_exchange_weak(head, raw, Release, Relaxed) {
                    Ok(_) => return None,
                    Err(seen) => head = seen,
                }
            }
        }
    }

    /// Takes what is queued away from a holder that will not come back to it, oldest first. The baton stays taken.
    pub(crate) fn steal(&self, into: &mut VecDeque<Arc<Link<N>>>) {
        let mut head = self.head.load(Relaxed);
        // The holder may come back after all, and then nobody waits: so this must not make a free baton a taken one.
        while !head.is_null() && head != taken() {
            point();
            match self.head.compare_exchange_weak(head, taken(), Acquire, Relaxed) {
                Ok(_) => return unstack(head, into),
                Err(seen) => head = seen,
            }
        }
    }
}

/// Takes the whole stack of a baton that is taken, and appends it, oldest first.
fn take_stack<N>(head: &AtomicPtr<Link<N>>, into: &mut VecDeque<Arc<Link<N>>>) {
    unstack(head.swap(taken(), Acquire), into);
}

/// Appends a stack that was taken out of a baton, oldest first.
fn unstack<N>(stack: *mut Link<N>, into: &mut VecDeque<Arc<Link<N>>>) {
    let mut link = stack.cast_const();
    let begin = into.len();
    while link != taken::<N>().cast_const() {
        // SAFETY: every pointer in the stack came from `Arc::into_raw` and is taken out once, by a swap.
        let entry = unsafe { Arc::from_raw(link) };
        // SAFETY: the link is out of the stack; its `next` was published by the Release of its push.
        link = entry.next.with(|next| unsafe { *next });
        into.push_back(entry);
    }
    into.make_contiguous()[begin..].reverse();
}

impl<S, B, N> Drop for Baton<S, B, N> {
    fn drop(&mut self) {
        // Relaxed: nobody else has a reference any more.
        if !self.head.load(Relaxed).is_null() {
            take_stack(&self.head, &mut VecDeque::new());
        }
    }
}

/// Having the baton, by a borrow or by an `Arc`. Whoever has one must end it: a turn that is dropped leaves the
/// object taken for ever.
#[must_use = "a turn that is dropped leaves the object taken for ever"]
pub(crate) struct Turn<P, S, B, N>
where
    P: Deref<Target = Baton<S, B, N>>,
{
    baton: P,
}

impl<P, S, B, N> Turn<P, S, B, N>
where
    P: Deref<Target = Baton<S, B, N>>,
{
    /// Gives the baton back, or the turn if somebody waits.
    #[inline]
    pub(crate) fn end(self) -> Result<P, Self> {
        let head = &self.baton.head;
        point();
        let nobody =
            head.load(Relaxed) == taken() && head.compare_exchange(taken(), ptr::null_mut(), Release, Relaxed).is_ok();
        point();
        if nobody { Ok(self.baton) } else { Err(self) }
    }

    /// Takes all who wait out of the queue, oldest first.
    pub(crate) fn queued(&mut self, into: &mut VecDeque<Arc<Link<N>>>) {
        point();
        take_stack(&self.baton.head, into);
    }

    /// What everybody may see.
    pub(crate) fn shared(&self) -> &S {
        &self.baton.shared
    }

    /// The body, and what everybody may see.
    pub(crate) fn parts(&mut self) -> (&mut B, &S) {
        // SAFETY: there is one turn at a time, and it is borrowed mutably here; `shared` is another field.
        (self.baton.body.with_mut(|body| unsafe { &mut *body }), &self.baton.shared)
    }

    /// The baton itself.
    pub(crate) fn baton(&self) -> &P {
        &self.baton
    }

    /// The same turn by another pointer to the same baton.
    pub(crate) fn by<Q: Deref<Target = Baton<S, B, N>>>(self, pointer: Q) -> Turn<Q, S, B, N> {
        assert!(ptr::eq(&*self.baton, &*pointer), "a turn can't be moved to another baton");
        Turn { baton: pointer }
    }
}

impl<P, S, B, N> Deref for Turn<P, S, B, N>
where
    P: Deref<Target = Baton<S, B, N>>,
{
    type Target = B;

    fn deref(&self) -> &B {
        // SAFETY: there is one turn at a time, and it is borrowed here.
        self.baton.body.with(|body| unsafe { &*body })
    }
}

impl<P, S, B, N> DerefMut for Turn<P, S, B, N>
where
    P: Deref<Target = Baton<S, B, N>>,
{
    fn deref_mut(&mut self) -> &mut B {
        // SAFETY: there is one turn at a time, and it is borrowed mutably here.
        self.baton.body.with_mut(|body| unsafe { &mut *body })
    }
}
