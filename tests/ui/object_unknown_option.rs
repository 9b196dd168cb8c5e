use do_runtime::prelude::*;

#[durable_object(jurisdicton = "eu")]
pub struct Room;

fn main() {}
