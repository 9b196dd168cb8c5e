//! Two ways to expire.

use do_runtime::prelude::*;

#[table(ttl = "24h")]
struct Session {
    #[key]
    id: Id<Session>,
    #[expires_at]
    until: Timestamp,
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
