use std::rc::Rc;

use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    async fn post(this: This<Self>) -> Result {
        let counted = Rc::new(1);
        this.durable().await?;
        drop(counted);
        Ok(())
    }
}

fn main() {}
