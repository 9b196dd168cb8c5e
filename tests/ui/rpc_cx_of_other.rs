#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Lobby;

#[durable_object]
impl Lobby {}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, cx: &mut Cx<Lobby>) -> Result {
        Ok(())
    }
}

fn main() {}
