use do_runtime::prelude::*;

#[table(index = author)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub body: Option<String>,
    pub at: i64,
}

#[durable_object(tables(Mesage))]
pub struct Room;

#[durable_object]
impl Room {
    pub fn ask_1(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT author FROM message LIMIT 1").all()
    }

    pub fn ask_2(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT author FROM message LIMIT 2").all()
    }

    pub fn ask_3(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT author FROM message LIMIT 3").all()
    }
}

fn main() {}
