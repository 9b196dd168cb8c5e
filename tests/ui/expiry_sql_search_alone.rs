//! Full text without its table.

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
        sql!(cx, String, "SELECT body FROM message_search WHERE message_search MATCH 'hello' LIMIT 1").all()
    }
}

fn main() {}
