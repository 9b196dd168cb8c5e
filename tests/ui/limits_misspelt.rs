use do_runtime::prelude::*;

#[durable_object(limits(vlaue = "2MiB"))]
pub struct Room;

fn main() {}
