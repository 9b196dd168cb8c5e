use do_runtime::prelude::*;
use std::rc::Rc;

#[durable_object]
pub struct Room {
    #[ephemeral]
    cache: Rc<String>,
}

#[durable_object]
impl Room {}

fn main() {}
