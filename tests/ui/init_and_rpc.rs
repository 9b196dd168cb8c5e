use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[init]
    #[rpc]
    fn wake(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
