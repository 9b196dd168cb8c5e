use do_runtime::prelude::*;

#[durable_object]
pub struct Room {
    #[stored]
    topic: String,
}

#[durable_object]
impl Room {
    #[rpc]
    fn place(&mut self, (x, y): (i32, i32)) -> Result<i32> {
        Ok(x + y)
    }
}

fn main() {}
