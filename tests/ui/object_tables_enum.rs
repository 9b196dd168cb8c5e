use do_runtime::prelude::*;

pub enum Message {
    Text(String),
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {}

fn main() {}
