#![allow(unused_variables)]

use do_runtime::prelude::*;

pub struct Duration(u8);

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    fn remind(&mut self, every: Duration) -> Result {
        Ok(())
    }
}

fn main() {}
