use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
}

pub struct Draft {
    pub author: String,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, cx: &mut Cx<Self>, author: String) -> Result<u64> {
        let message = cx.insert(Draft { author })?;
        Ok(message.id.raw())
    }
}

fn main() {}
