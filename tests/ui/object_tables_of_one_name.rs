use do_runtime::prelude::*;

mod old {
    use do_runtime::prelude::*;

    #[table]
    pub struct Message {
        #[key]
        pub id: Id<Message>,
    }
}

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub body: String,
}

#[durable_object(tables(Message, old::Message))]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn bodies(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT body FROM message LIMIT 5").all()
    }
}

fn main() {}
