use do_runtime::prelude::*;
use std::rc::Rc;

pub struct Topic(pub Rc<String>);

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn topic(&self) -> Result<Topic> {
        Ok(Topic(Rc::new(self.topic.clone())))
    }
}

fn main() {}
