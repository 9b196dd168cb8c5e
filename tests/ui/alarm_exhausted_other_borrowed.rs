#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(exhausted = give_up)]
    fn remind(&mut self, times: u32) -> Result {
        Ok(())
    }

    fn give_up(&mut self, times: &str, error: &Error) -> Result {
        Ok(())
    }
}

fn main() {}
