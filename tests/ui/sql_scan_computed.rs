#![deny(deprecated)]

use do_runtime::prelude::*;

#[table(index = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub body: Option<String>,
    pub at: i64,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    pub fn ask(&self, cx: &Cx<Self>) -> Result<Vec<i64>> {
        sql!(cx, i64, "SELECT id FROM message WHERE lower(author) = 'a'").all()
    }
}

fn main() {}
