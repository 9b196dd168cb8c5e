use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub body: Option<String>,
}

#[durable_object(
    tables(Message),
    migrations(
        1 = "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL) STRICT",
        3 = "ALTER TABLE message ADD COLUMN body TEXT",
    )
)]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
