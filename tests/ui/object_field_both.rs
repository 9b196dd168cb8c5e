use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    #[ephemeral]
    topic: String,
}

fn main() {}
