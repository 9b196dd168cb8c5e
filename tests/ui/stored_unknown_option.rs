use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored(defualt = 3)]
    seats: u32,
}

fn main() {}
