#![allow(unused_variables)]

use do_runtime::prelude::*;

pub struct Reminder {
    pub text: String,
}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    fn remind(&mut self, reminder: Reminder) -> Result {
        Ok(())
    }
}

fn main() {}
