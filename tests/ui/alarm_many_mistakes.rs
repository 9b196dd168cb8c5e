use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(every = "1h", retries = 500, colour = "red")]
    fn digest(&self, who: String) -> Result<u32> {
        Ok(1)
    }

    #[alarm(cron = "61 * * * *", exhausted = nobody)]
    async fn tidy(this: This<Self>) {}
}

fn main() {}
