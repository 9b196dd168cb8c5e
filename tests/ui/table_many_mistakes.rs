use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table(idnex = token)]
#[derive(Serialize, Deserialize)]
pub struct Message {
    #[key]
    pub id: Option<i64>,
    pub size: usize,
    #[uniqe]
    pub token: String,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>) -> Result<Option<Message>> {
        cx.insert(Message::new(Some(1), 2, "token"))?;
        Message::by_token(cx, "token")
    }
}

fn main() {}
