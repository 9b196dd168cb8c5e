use do_runtime::prelude::*;

struct Unsent;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[websocket(open, sends = Unsent)]
    fn joined(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
