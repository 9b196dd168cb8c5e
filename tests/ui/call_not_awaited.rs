#![deny(unused_must_use)]
use do_runtime::prelude::*;

#[durable_object]
pub struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn close(&mut self) -> Result {
        Ok(())
    }
}

async fn close(objects: &Objects) {
    objects.get_by_name::<Room>("lobby").close();
}

fn main() {}
