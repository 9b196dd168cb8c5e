//! A column with the name of the runtime'\''s own.

use do_runtime::prelude::*;

#[table(ttl = "24h")]
struct Session {
    #[key]
    id: Id<Session>,
    __written_at: Timestamp,
}

#[durable_object(tables(Session))]
struct Users;

#[durable_object]
impl Users {
    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<i64> {
        cx.count::<Session>()
    }
}

fn main() {}
