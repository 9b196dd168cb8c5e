use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(retires = 3)]
    fn remind(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
