#![allow(unused_variables)]

use do_runtime::prelude::*;
use std::rc::Rc;

pub struct Body {
    pub text: Rc<String>,
}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post(&mut self, body: Body) -> Result {
        Ok(())
    }
}

fn main() {}
