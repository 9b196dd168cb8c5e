use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, body: &'static str) -> Result {
        self.topic = body.to_owned();
        Ok(())
    }
}

fn main() {}
