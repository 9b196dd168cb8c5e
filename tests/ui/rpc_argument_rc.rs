#![allow(unused_variables)]

use do_runtime::prelude::*;
use std::rc::Rc;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, body: Rc<String>) -> Result {
        Ok(())
    }
}

fn main() {}
