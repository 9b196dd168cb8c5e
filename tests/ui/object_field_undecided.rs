use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    topic: String,
}

fn main() {}
