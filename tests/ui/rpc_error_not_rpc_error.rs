use do_runtime::prelude::*;

pub struct Refused;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn topic(&self) -> Result<String, Refused> {
        Err(Refused)
    }
}

fn main() {}
