//! A column of a time to live in quotes.

use do_runtime::prelude::*;

#[table(ttl = "24h", ttl_from = "used_at")]
struct Session {
    #[key]
    id: Id<Session>,
    #[default(now)]
    used_at: Timestamp,
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
