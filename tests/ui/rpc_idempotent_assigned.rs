use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc(idempotent = true)]
    fn topic(&self) -> Result<String> {
        Ok(self.topic.clone())
    }
}

fn main() {}
