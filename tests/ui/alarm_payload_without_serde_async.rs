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
    async fn remind(this: This<Self>, reminders: Vec<Reminder>) -> Result {
        Ok(())
    }
}

fn main() {}
