use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object(tables(Message))]
impl Room {}

fn main() {}
