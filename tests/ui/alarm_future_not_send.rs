use do_runtime::prelude::*;
use std::rc::Rc;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    async fn remind(this: This<Self>) -> Result {
        let text = Rc::new(String::from("tea"));
        this.sleep(secs(1)).await?;
        drop(text);
        Ok(())
    }
}

fn main() {}
