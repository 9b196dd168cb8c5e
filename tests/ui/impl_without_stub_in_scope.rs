use do_runtime::prelude::*;

mod model {
    use do_runtime::prelude::*;

    #[durable_object]
    pub struct Room;
}

use model::Room;

#[durable_object]
impl Room {
    #[rpc]
    fn topic(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
