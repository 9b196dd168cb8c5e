//! A view over rows that expire.

use do_runtime::prelude::*;

#[table(ttl = "24h")]
struct Message {
    #[key]
    id: Id<Message>,
    body: String,
}

#[durable_object(
    tables(Message),
    migrations(
        1 = "CREATE TABLE message (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT",
        2 = "CREATE VIEW recent AS SELECT * FROM message",
    )
)]
struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<i64> {
        cx.count::<Message>()
    }
}

fn main() {}
