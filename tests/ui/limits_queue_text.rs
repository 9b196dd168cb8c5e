use do_runtime::prelude::*;

#[durable_object(limits(queue = "many"))]
pub struct Room;

fn main() {}
