use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

#[durable_object(tables(Mesage))]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
