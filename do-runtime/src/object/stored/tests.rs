use std::cell::Cell;
use std::collections::HashMap;

use super::*;
use crate::limits::Limits;
use crate::object::Cx;
use crate::ownership::Sendable;
use crate::table::TableDef;
use crate::test_engine::cx;

/// `#[stored] topic`, `#[stored(default = 3)] seats`, `#[stored] scores`, `#[ephemeral] posts`.
struct Room {
    topic: String,
    seats: Cell<u32>,
    scores: HashMap<String, u32>,
    posts: u32,
}

impl Object for Room {
    const CLASS: &'static str = "Room";
    const TABLES: &'static [&'static TableDef] = &[];
    const LIMITS: Limits = Limits::DEFAULT;
    const JURISDICTION: Option<&'static str> = None;

    fn sendable() -> Sendable<Self> {
        Sendable::new()
    }

    fn wake(stored: &mut StoredReader<'_>) -> Result<Self> {
        Ok(Room {
            topic: stored.take("topic")?.unwrap_or_default(),
            seats: Cell::new(stored.take("seats")?.unwrap_or(3)),
            scores: stored.take("scores")?.unwrap_or_default(),
            posts: 0,
        })
    }

    fn store(&self, to: &mut StoredWriter<'_>) -> Result {
        to.put("topic", &self.topic)?;
        to.put("seats", &self.seats.get())?;
        to.put("scores", &self.scores)
    }

    fn restore(&mut self, stored: &mut StoredReader<'_>) -> Result {
        self.topic = stored.take("topic")?.unwrap_or_default();
        self.seats = Cell::new(stored.take("seats")?.unwrap_or(3));
        self.scores = stored.take("scores")?.unwrap_or_default();
        Ok(())
    }
}

fn names(changes: &StoredChanges) -> Vec<&'static str> {
    changes.0.iter().map(|field| field.name).collect()
}

fn saved(cx: &Cx<Room>, name: &str) -> Option<Vec<u8>> {
    cx.engine().kv_get(Space::Stored, name).unwrap()
}

#[test]
fn an_object_without_stored_fields_wakes_with_their_defaults_and_has_changed_nothing() {
    let cx = cx::<Room>();
    let (room, state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    assert_eq!((room.topic.as_str(), room.seats.get(), room.posts), ("", 3, 0));
    assert!(state.changes(&room).unwrap().is_empty());
}

#[test]
fn only_what_changed_is_written_after_the_first_time() {
    let cx = cx::<Room>();
    let (mut room, mut state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    room.topic = "rust".into();
    let changes = state.changes(&room).unwrap();
    assert_eq!(names(&changes), ["topic"]);
    // Storage has nothing yet: the defaults of the others are drawn now, for good.
    state.write(&changes, cx.engine()).unwrap();
    state.commit(changes);
    assert_eq!(saved(&cx, "seats").unwrap(), [1, 3]);

    cx.engine().kv_delete(Space::Stored, "seats").unwrap();
    room.topic = "sqlite".into();
    let changes = state.changes(&room).unwrap();
    state.write(&changes, cx.engine()).unwrap();
    state.commit(changes);
    assert_eq!(saved(&cx, "topic").unwrap(), b"\x01\xa6sqlite");
    assert_eq!(saved(&cx, "seats"), None);
    assert!(state.changes(&room).unwrap().is_empty());
}

#[test]
fn stored_fields_come_back_at_the_next_wake() {
    let cx = cx::<Room>();
    let (mut room, state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    room.topic = "rust".into();
    room.posts = 9;
    room.scores = (0..50).map(|i| (i.to_string(), i)).collect();
    let changes = state.changes(&room).unwrap();
    state.write(&changes, cx.engine()).unwrap();
    drop(changes);

    let (again, state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    assert_eq!((again.topic.as_str(), again.posts), ("rust", 0));
    assert_eq!(again.scores, room.scores);
    // The map has another order now, which is no change.
    assert!(state.changes(&again).unwrap().is_empty());
    state.unchanged(&again).unwrap();
}

#[test]
fn a_restored_object_has_what_was_committed_and_keeps_what_is_ephemeral() {
    let cx = cx::<Room>();
    let (mut room, mut state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    room.topic = "kept".into();
    let changes = state.changes(&room).unwrap();
    state.commit(changes);
    room.topic = "dropped".into();
    room.seats.set(8);
    room.scores.insert("ann".into(), 1);
    room.posts = 4;
    state.restore(&mut room).unwrap();
    assert_eq!((room.topic.as_str(), room.seats.get(), room.posts), ("kept", 3, 4));
    assert!(room.scores.is_empty());
    assert!(state.changes(&room).unwrap().is_empty());
}

#[test]
fn a_savepoint_goes_back_to_fields_that_are_not_committed() {
    let cx = cx::<Room>();
    let (mut room, state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    room.topic = "before".into();
    let mut savepoint = StoredState::of(&room).unwrap();
    room.topic = "within".into();
    savepoint.restore(&mut room).unwrap();
    assert_eq!(room.topic, "before");
    assert_eq!(names(&state.changes(&room).unwrap()), ["topic"]);
}

#[test]
fn too_much_is_a_storage_error_that_names_the_largest() {
    let cx = cx::<Room>();
    let (mut room, state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    room.topic = "x".repeat(STORED_LIMIT - 100);
    assert!(state.changes(&room).is_ok());
    room.topic = "x".repeat(STORED_LIMIT);
    let error = state.changes(&room).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().contains("may have 262144; the largest is `topic` with 262150"), "{error}");
}

#[test]
fn a_field_that_cannot_be_read_refuses_the_wake() {
    let cx = cx::<Room>();
    cx.engine().kv_put(Space::Stored, "seats", b"\x01\xa1x").unwrap();
    let error = StoredState::wake::<Room>(cx.engine()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().starts_with("the stored field `seats` of `Room` can't be read as `u32`: "), "{error}");
    cx.engine().kv_put(Space::Stored, "seats", b"\x07\x03").unwrap();
    let error = StoredState::wake::<Room>(cx.engine()).err().unwrap();
    assert!(error.to_string().ends_with("it is in format 7, and this program knows only 1"), "{error}");
}

#[test]
fn a_shared_handler_that_changes_a_field_through_a_cell_is_found() {
    let cx = cx::<Room>();
    let (room, state) = StoredState::wake::<Room>(cx.engine()).unwrap();
    state.unchanged(&room).unwrap();
    room.seats.set(4);
    let error = state.unchanged(&room).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Handler);
    assert!(error.to_string().contains("`seats` of `Room`"), "{error}");
}
