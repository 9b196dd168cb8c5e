use do_runtime::prelude::*;

#[durable_object(limits(value = 2097152))]
pub struct Room;

fn main() {}
