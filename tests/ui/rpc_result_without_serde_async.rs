use do_runtime::prelude::*;

pub struct Topic(pub String);

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    async fn topic(this: This<Self>) -> Result<Topic> {
        this.read(|me, _| Ok(Topic(me.topic.clone()))).await
    }
}

fn main() {}
