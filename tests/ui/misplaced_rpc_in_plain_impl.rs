use do_runtime::prelude::*;

pub struct Room;

impl Room {
    #[rpc]
    fn topic(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
