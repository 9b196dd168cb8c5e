use do_runtime::prelude::*;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn change(&mut self, cx: &mut Cx<Self>, body: String) -> Result {
        cx.update(&Message::new(body))
    }
}

fn main() {}
