#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[authorize]
    async fn may(this: This<Self>) -> Result {
        Ok(())
    }
}

fn main() {}
