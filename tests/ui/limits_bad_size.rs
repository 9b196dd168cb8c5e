use do_runtime::prelude::*;

#[durable_object(limits(value = "2 megabytes"))]
pub struct Room;

fn main() {}
