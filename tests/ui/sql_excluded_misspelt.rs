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
    pub fn ask(&mut self, cx: &mut Cx<Self>) -> Result<u64> {
        sql!(cx, "INSERT INTO message (id, author, at) VALUES (1, 'a', 1) ON CONFLICT (id) DO UPDATE SET at = exluded.at").run()
    }
}

fn main() {}
