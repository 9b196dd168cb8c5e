use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, body: String) -> Result {
        ensure!(!body.is_empty());
        self.topic = body;
        Ok(())
    }
}

fn main() {}
