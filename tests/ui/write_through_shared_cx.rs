use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Serialize, Deserialize)]
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
    fn post(&self, cx: &Cx<Self>, body: String) -> Result<Message> {
        cx.insert(Message::new(body))
    }
}

fn main() {}
