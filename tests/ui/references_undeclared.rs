use do_runtime::prelude::*;

#[table]
pub struct Author {
    #[key]
    pub id: Id<Author>,
}

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    #[references]
    pub author: Id<Author>,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn close(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
