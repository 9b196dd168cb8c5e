#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[authorize]
    fn may(&self, cx: &Cx<Self>, caller: String) -> Result {
        Ok(())
    }
}

fn main() {}
