//! A time to live from a text.

use do_runtime::prelude::*;

#[table(ttl = "24h", ttl_from = token)]
struct Session {
    #[key]
    id: Id<Session>,
    token: String,
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
