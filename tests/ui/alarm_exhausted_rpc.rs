use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(exhausted = give_up)]
    fn remind(&mut self) -> Result {
        Ok(())
    }

    #[rpc]
    fn give_up(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
