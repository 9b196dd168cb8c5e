use do_runtime::prelude::*;

#[durable_object(limits(run = "soon"))]
pub struct Room;

fn main() {}
