#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>, topic: String) -> Result {
        Ok(())
    }
}

fn main() {}
