use do_runtime::prelude::*;

struct Unreadable;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[websocket(message)]
    fn said(&mut self, message: Unreadable) -> Result {
        drop(message);
        Ok(())
    }
}

fn main() {}
