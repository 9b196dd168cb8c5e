use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(cron = "0 8 * * *")]
    async fn remind(this: This<Self>, who: String) -> Result {
        Ok(())
    }
}

fn main() {}
