use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[sotred]
    topic: String,
}

fn main() {}
