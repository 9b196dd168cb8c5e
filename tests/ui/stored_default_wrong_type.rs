use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored(default = "three")]
    seats: u32,
}

#[durable_object]
impl Room {}

fn main() {}
