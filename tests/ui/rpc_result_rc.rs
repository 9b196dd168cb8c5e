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
    fn topic(&self) -> Result<Rc<String>> {
        Ok(Rc::new(self.topic.clone()))
    }
}

fn main() {}
