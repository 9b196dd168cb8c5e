use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[authorize]
    fn may(&self) -> Result {
        Ok(())
    }

    #[authorize]
    fn might(&self) -> Result {
        Ok(())
    }
}

fn main() {}
