use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(exhausted = not_reminded)]
    fn remind(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
