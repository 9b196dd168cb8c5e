use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored(default)]
    seats: u32,
}

fn main() {}
