use do_runtime::prelude::*;

#[table(index = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn count(&self, cx: &Cx<Self>) -> Result<u64> {
        let messages = Message::by_author(cx, "ann").between(1..2).all()?;
        Ok(messages.len() as u64)
    }
}

fn main() {}
