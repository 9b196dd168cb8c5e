use do_runtime::prelude::*;

#[table(index = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

#[durable_object(
    tables(Message),
    migrations(
        1 = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL) STRICT",
        2 = "CREATE INDEX message_author ON message (auhtor)",
    )
)]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
