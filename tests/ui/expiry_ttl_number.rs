//! A time to live as a number.

use do_runtime::prelude::*;

#[table(ttl = 30)]
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
