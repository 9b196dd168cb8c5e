use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc(pubic)]
    fn look(&self) -> Result {
        Ok(())
    }
}

fn main() {}
