use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, Serialize, Deserialize, Column)]
pub enum Mood {
    Glad,
    Sad,
}

#[derive(Debug, Clone, Serialize, Deserialize, Column)]
pub struct Name(pub String);

#[table(index = (author, at))]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: Name,
    pub mood: Mood,
    #[column(name = "written_at")]
    pub at: i64,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    pub fn ask(&self, cx: &Cx<Self>) -> Result<Vec<i64>> {
        sql!(cx, i64, "SELECT mood FROM message LIMIT 5").all()
    }
}

fn main() {}
