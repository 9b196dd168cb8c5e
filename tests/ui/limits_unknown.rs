use do_runtime::prelude::*;

#[durable_object(limits(memory = "2MiB"))]
pub struct Room;

fn main() {}
