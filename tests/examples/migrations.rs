//! Steps whose middle leaves what the end puts right, and full text that no step makes.
#![allow(missing_docs)]

use do_runtime::prelude::*;

#[table(search = name)]
pub struct Author {
    #[key]
    pub id: Id<Author>,
    #[unique]
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
        2 = "
            CREATE TABLE new_author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
            INSERT INTO new_author SELECT id, name FROM author;
            DROP TABLE author;
            ALTER TABLE new_author RENAME TO author;
            CREATE UNIQUE INDEX author_name ON author (name);
        ",
        3 = backfill(none),
        4 = "DELETE FROM author",
        5 = "DELETE FROM message",
    )
)]
pub struct Room;

fn none(_: &mut Cx<Room>) -> Result {
    Ok(())
}

#[durable_object]
impl Room {}

fn main() {}
