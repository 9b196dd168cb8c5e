use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub body: String,
}

#[durable_object(
    tables(Message),
    migrations(
        1 = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL) STRICT",
        2 = "ALTER TABLE message ADD COLUMN body TEXT NOT NULL",
    )
)]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
