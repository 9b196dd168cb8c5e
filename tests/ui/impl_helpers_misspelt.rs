use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {}

#[durable_object(helper)]
impl Room {
    fn topic(&self) -> &str {
        &self.topic
    }
}

fn main() {}
