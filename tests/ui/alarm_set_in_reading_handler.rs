use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn later(&self, cx: &Cx<Self>) -> Result {
        cx.schedule().remind("ann").after("1h")
    }

    #[alarm]
    fn remind(&mut self, who: String) -> Result {
        self.topic = who;
        Ok(())
    }
}

fn main() {}
