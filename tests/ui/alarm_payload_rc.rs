use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    fn remind(&mut self, text: std::rc::Rc<str>) -> Result {
        Ok(())
    }
}

fn main() {}
