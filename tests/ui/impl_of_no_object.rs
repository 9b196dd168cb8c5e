use do_runtime::prelude::*;

pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn topic(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
