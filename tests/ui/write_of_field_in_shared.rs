use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn set(&self, topic: String) -> Result {
        self.topic = topic;
        Ok(())
    }
}

fn main() {}
