use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
}

#[durable_object(helpers)]
impl Room {
    #[alarm(every = "1h")]
    fn tidy(&mut self) -> Result {
        Ok(())
    }
}

fn main() {}
