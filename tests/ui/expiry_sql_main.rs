//! SQL that goes around the expiry.

use do_runtime::prelude::*;

#[table(ttl = "24h", search = body)]
struct Message {
    #[key]
    id: Id<Message>,
    body: String,
}

#[durable_object(tables(Message))]
struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn bodies(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM main.message LIMIT 1").all()
    }
}

fn main() {}
