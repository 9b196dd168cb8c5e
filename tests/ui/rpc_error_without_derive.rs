use do_runtime::prelude::*;

#[derive(Debug)]
pub struct Refused;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn topic(&self) -> Result<String, CallError<Refused>> {
        Err(CallError::User(Refused))
    }
}

fn main() {}
