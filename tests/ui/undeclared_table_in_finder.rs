use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Serialize, Deserialize)]
pub struct User {
    #[key]
    pub id: Id<User>,
    #[unique]
    pub email: String,
}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn find(&self, cx: &Cx<Self>, email: &str) -> Result<Option<User>> {
        User::by_email(cx, email)
    }
}

fn main() {}
