use do_runtime::prelude::*;

#[durable_object(limits = 5)]
pub struct Room;

fn main() {}
