use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, body: impl Into<String>) -> Result {
        self.topic = body.into();
        Ok(())
    }
}

fn main() {}
