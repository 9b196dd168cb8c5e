use do_runtime::prelude::*;

#[durable_object]
pub struct Room<T> {
    #[stored]
    topic: T,
}

fn main() {}
