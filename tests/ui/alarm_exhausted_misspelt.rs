use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[alarm(exhausted = not_remindd)]
    fn remind(&mut self) -> Result {
        Ok(())
    }

    fn not_reminded(&mut self, error: &Error) -> Result {
        warn!(%error, "nobody was reminded");
        Ok(())
    }
}

fn main() {}
