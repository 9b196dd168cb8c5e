use do_runtime::prelude::*;

#[table]
pub struct Message(#[key] Id<Message>, String);

fn main() {}
