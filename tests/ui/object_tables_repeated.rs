use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

#[durable_object(tables(Message, Message))]
pub struct Room;

fn main() {}
