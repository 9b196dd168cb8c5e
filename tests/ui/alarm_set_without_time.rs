#![deny(unused_must_use)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn later(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().remind("ann");
        Ok(())
    }

    #[alarm]
    fn remind(&mut self, who: String) -> Result {
        self.topic = who;
        Ok(())
    }
}

fn main() {}
