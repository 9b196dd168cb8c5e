//! An expiry that is over at once.

use do_runtime::prelude::*;

#[table]
struct Session {
    #[key]
    id: Id<Session>,
    #[expires_at]
    #[default(now)]
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
