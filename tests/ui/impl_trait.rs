use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Default for Room {
    fn default() -> Self {
        Room { topic: String::new() }
    }
}

#[durable_object]
impl Room {}

fn main() {}
