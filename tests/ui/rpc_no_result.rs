use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn clear(&mut self) {
        self.topic.clear();
    }
}

fn main() {}
