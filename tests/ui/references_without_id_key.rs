use do_runtime::prelude::*;

#[table]
pub struct Author {
    #[key]
    pub name: String,
}

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references]
    pub author: Id<Author>,
}

#[durable_object(tables(Author, Message))]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
