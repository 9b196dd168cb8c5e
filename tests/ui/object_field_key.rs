use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[key]
    #[stored]
    topic: String,
}

fn main() {}
