#![allow(unused_variables)]

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    async fn topic(this: &This<Self>) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
