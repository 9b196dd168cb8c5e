use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn later(&mut self, cx: &mut Cx<Self>) -> u32 {
        cx.schedule().remind("ann").after("1h").map_or(0, |()| 1)
    }

    #[alarm]
    fn remind(&mut self, who: String) -> Result {
        self.topic = who;
        Ok(())
    }
}

fn main() {}
