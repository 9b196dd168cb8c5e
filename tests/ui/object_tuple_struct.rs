use do_runtime::prelude::*;

#[durable_object]
pub struct Room(#[stored] String);

fn main() {}
