use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[init]
    fn wake(&self) -> Result {
        Ok(())
    }
}

fn main() {}
