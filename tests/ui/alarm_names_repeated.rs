use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm]
    fn remind(&mut self) -> Result {
        Ok(())
    }

    #[alarm(rename = "remind")]
    fn remind_again(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
