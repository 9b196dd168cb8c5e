//! An expiry that is no time.

use do_runtime::prelude::*;

#[table]
struct Session {
    #[key]
    id: Id<Session>,
    #[expires_at]
    until: String,
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
