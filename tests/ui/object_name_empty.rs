use do_runtime::prelude::*;

#[durable_object(name = "")]
pub struct Room;

fn main() {}
