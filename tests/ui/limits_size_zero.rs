use do_runtime::prelude::*;

#[durable_object(limits(database = "0B"))]
pub struct Room;

fn main() {}
