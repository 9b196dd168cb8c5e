use do_runtime::prelude::*;

mod model {
    pub struct Room;
}

#[durable_object]
impl model::Room {
    #[rpc]
    fn topic(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
