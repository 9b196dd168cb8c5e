use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    fn remind<T: Send>(&mut self, value: T) -> Result {
        Ok(())
    }
}

fn main() {}
