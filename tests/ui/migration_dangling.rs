use do_runtime::prelude::*;

#[table]
pub struct Author {
    #[key]
    pub id: Id<Author>,
    pub name: String,
}

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references]
    pub author: Id<Author>,
}

#[durable_object(
    tables(Author, Message),
    migrations(
        1 = "
            CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
            CREATE TABLE message (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES author) STRICT;
        ",
        2 = "DELETE FROM author",
    )
)]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
