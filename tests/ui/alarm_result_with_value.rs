use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    fn count(&mut self) -> Result<u64> {
        Ok(1)
    }
}

fn main() {}
