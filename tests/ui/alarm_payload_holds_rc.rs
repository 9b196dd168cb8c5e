#![allow(unused_variables)]

use do_runtime::prelude::*;
use std::rc::Rc;

pub struct Reminder {
    pub text: Rc<String>,
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
