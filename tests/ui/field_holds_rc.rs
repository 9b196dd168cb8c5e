use do_runtime::prelude::*;
use std::rc::Rc;

#[derive(Default)]
struct Cache {
    entries: Rc<String>,
}

#[durable_object]
pub struct Room {
    #[ephemeral]
    hits: u64,
    #[ephemeral]
    cache: Cache,
}

#[durable_object]
impl Room {}

fn main() {}
