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
    fn topic(&self) -> Result<Topic> {
        Ok(Topic(self.topic.clone()))
    }
}

fn main() {}
