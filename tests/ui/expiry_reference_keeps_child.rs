//! A reference to what goes with rows that expire.

use do_runtime::prelude::*;

#[table(ttl = "24h")]
struct Session {
    #[key]
    id: Id<Session>,
}

#[table]
struct Item {
    #[key]
    id: Id<Item>,
    #[references(on_delete = cascade)]
    session: Id<Session>,
}

#[table]
struct Note {
    #[key]
    id: Id<Note>,
    #[references]
    item: Id<Item>,
}

#[durable_object(tables(Session, Item, Note))]
struct Users;

#[durable_object]
impl Users {
    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<i64> {
        cx.count::<Session>()
    }
}

fn main() {}
