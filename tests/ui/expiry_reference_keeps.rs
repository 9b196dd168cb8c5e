//! A reference that would keep rows from expiring.

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
    #[references]
    session: Id<Session>,
}

#[durable_object(tables(Session, Item))]
struct Users;

#[durable_object]
impl Users {
    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<i64> {
        cx.count::<Session>()
    }
}

fn main() {}
