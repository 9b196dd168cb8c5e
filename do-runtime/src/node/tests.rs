//! What a checkpoint may take for handed over, and what a stub for live.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::Ordering::Acquire;

use crate::call::{Ran, Run, Slot, Status};
use crate::env::{BoxFuture, Clock, Env, SystemClock};
use crate::object::{Method, StoredReader, StoredWriter, TypedStub};
use crate::ownership::Sendable;
use crate::table::TableDef;
use crate::{Call, Dispatch, Limits, Object, Objects, Result, Stub, Timestamp};

/// An object that keeps something.
struct Note;

impl Object for Note {
    const CLASS: &'static str = "Note";
    const TABLES: &'static [&'static TableDef] = &[];
    const LIMITS: Limits = Limits::DEFAULT;
    const JURISDICTION: Option<&'static str> = None;

    fn sendable() -> Sendable<Self> {
        Sendable::new()
    }

    fn wake(_: &mut StoredReader<'_>) -> Result<Self> {
        Ok(Note)
    }

    fn store(&self, _: &mut StoredWriter<'_>) -> Result {
        Ok(())
    }

    fn restore(&mut self, _: &mut StoredReader<'_>) -> Result {
        Ok(())
    }
}

static WRITE: Method = Method::new("write");

impl Dispatch for Note {
    type Request = &'static str;
    type Stub = NoteStub;
    type Schedule<'a> = crate::Schedule<'a>;

    fn dispatch(text: &'static str, run: Run<'_, Self>) -> Ran {
        run.exclusive::<(), crate::Error>(|_, cx| cx.kv_mut().put("text", text))
    }
}

#[derive(Clone)]
struct NoteStub(Stub<Note>);

impl From<Stub<Note>> for NoteStub {
    fn from(stub: Stub<Note>) -> Self {
        NoteStub(stub)
    }
}

impl TypedStub for NoteStub {
    type Object = Note;

    fn stub(&self) -> &Stub<Note> {
        &self.0
    }
}

impl NoteStub {
    fn write(&self, text: &'static str) -> Call<Note, ()> {
        self.0.call(&WRITE, text)
    }
}

thread_local! {
    /// The slot that this thread looks at whenever it asks for the time, which it does in the middle of handing over.
    static WATCHED: RefCell<Option<Arc<Slot<Note>>>> = const { RefCell::new(None) };
    /// Whether it had something to hand over then.
    static SEEN: Cell<Option<bool>> = const { Cell::new(None) };
}

/// The machine's clock.
struct Watching;

impl Clock for Watching {
    fn now(&self) -> Timestamp {
        WATCHED.with_borrow(|slot| {
            if let Some(slot) = slot {
                SEEN.set(Some(slot.shared.dirty.load(Acquire)));
            }
        });
        SystemClock.now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture {
        SystemClock.sleep_until(at)
    }
}

#[tokio::test]
async fn an_object_has_something_to_hand_over_until_the_store_has_it() -> Result {
    // given an object with a commit that was not handed over
    let folder = tempfile::tempdir().expect("a temporary folder");
    let real = Env::real(folder.path(), tokio::runtime::Handle::current()).expect("the folder");
    let env = Env { clock: Arc::new(Watching), ..real };
    let objects = Objects::builder().env(env).open("").await?;
    let note = objects.get_by_name::<Note>("note");
    note.write("hello").await?;
    let (node, id) = (objects.home().node()?, note.0.id());
    let host = node.host::<Note>(objects.home());
    let slot = host.known_slot(id).expect("it was called");
    assert!(slot.shared.dirty.load(Acquire));

    // when it is put to sleep
    WATCHED.set(Some(slot.clone()));
    super::AnyHost::put_to_sleep(&*host, Some(id)).await?;
    WATCHED.set(None);

    // then a checkpoint that came in between would have waited for it
    assert_eq!(SEEN.get(), Some(true));
    assert!(!slot.shared.dirty.load(Acquire));
    let head = node.rest()?.behind.head(id)?.expect("the store has it");
    assert_eq!(head.applied, slot.shared.position());
    drop((host, slot, node));
    objects.close().await
}

#[tokio::test]
async fn a_slot_is_retired_in_the_middle_of_a_commit_too() -> Result {
    // given an object whose commit is on its way into the log
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    let note = objects.get_by_name::<Note>("note");
    note.write("hello").await?;
    let host = objects.home().node()?.host::<Note>(objects.home());
    let slot = host.known_slot(note.0.id()).expect("it was called");
    assert!(slot.shared.move_status(Status::Live, Status::Committing));

    // when the node ends, and the commit after it
    super::AnyHost::retire(&*host);
    slot.shared.move_status(Status::Committing, Status::Live);

    // then no stub takes the slot for the object's any more
    assert!(!slot.shared.is_live());
    drop((host, slot));
    objects.close().await
}

#[tokio::test]
async fn a_handler_is_fenced_but_not_while_its_commit_is_on_its_way() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    let note = objects.get_by_name::<Note>("note");
    note.write("hello").await?;
    let host = objects.home().node()?.host::<Note>(objects.home());
    let slot = host.known_slot(note.0.id()).expect("it was called");
    let is_known =
        |host: &super::Host<Note>| host.known_slot(note.0.id()).is_some_and(|known| Arc::ptr_eq(&known, &slot));

    // given a commit on its way into the log, which ends by itself: nothing happens
    assert!(slot.shared.move_status(Status::Live, Status::Committing));
    super::fence::fence(&host, &slot);
    assert!(slot.shared.move_status(Status::Committing, Status::Live));
    assert!(is_known(&host));

    // else the object goes on in another slot, at once
    super::fence::fence(&host, &slot);
    assert!(!slot.shared.is_live() && !is_known(&host));
    note.write("again").await?;
    drop((host, slot));
    objects.close().await
}
