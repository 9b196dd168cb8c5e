use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[rpc]
    #[stored]
    topic: String,
}

fn main() {}
