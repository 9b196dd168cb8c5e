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
impl Room {}

type Chat = Room;

#[durable_object(helpers)]
impl Chat {
    fn first(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message LIMIT 1").all()
    }
}

fn main() {}
