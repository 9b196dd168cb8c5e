use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn post<T: Into<String>>(&mut self, body: T) -> Result {
        self.topic = body.into();
        Ok(())
    }
}

fn main() {}
