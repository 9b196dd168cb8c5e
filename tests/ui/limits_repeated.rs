use do_runtime::prelude::*;

#[durable_object(limits(queue = 5, queue = 6))]
pub struct Room;

fn main() {}
