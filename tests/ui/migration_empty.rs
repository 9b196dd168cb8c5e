use do_runtime::prelude::*;

#[table(search = body)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub body: String,
}

#[durable_object(
    tables(Message),
    migrations()
)]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
