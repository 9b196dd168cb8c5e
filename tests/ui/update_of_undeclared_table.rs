use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Serialize, Deserialize)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

#[table]
#[derive(Serialize, Deserialize)]
pub struct User {
    #[key]
    pub id: Id<User>,
    pub email: String,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn change(&mut self, cx: &mut Cx<Self>, user: User) -> Result {
        cx.update(&user)
    }
}

fn main() {}
