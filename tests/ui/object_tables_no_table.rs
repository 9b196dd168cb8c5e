use do_runtime::prelude::*;

pub struct Message;

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
