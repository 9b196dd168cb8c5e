//! A time to live that is no duration.

use do_runtime::prelude::*;

#[table(ttl = "a month")]
struct Session {
    #[key]
    id: Id<Session>,
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
