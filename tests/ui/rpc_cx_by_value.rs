#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, cx: Cx<Self>) -> Result {
        Ok(())
    }
}

fn main() {}
