use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    #[alarm]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn topic(&self) -> Result<String> {
        Ok(self.topic.clone())
    }
}

fn main() {}
