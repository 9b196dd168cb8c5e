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
    pub fn ask(&self, cx: &Cx<Self>, limit: f64) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT author FROM message LIMIT :limit").all()
    }
}

fn main() {}
