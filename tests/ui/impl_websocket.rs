use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[websocket(message)]
    fn said(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
