#![allow(unused_variables)]

use do_runtime::prelude::*;

pub struct Body {
    pub text: String,
}

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    async fn post(this: This<Self>, body: Vec<Body>) -> Result {
        Ok(())
    }
}

fn main() {}
