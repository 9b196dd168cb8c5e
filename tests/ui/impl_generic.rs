use do_runtime::prelude::*;

#[durable_object]
pub struct Room<T> {
    #[stored]
    topic: T,
}

#[durable_object]
impl<T> Room<T> {
    #[rpc]
    fn topic(&self) -> Result<String> {
        Ok(String::new())
    }
}

fn main() {}
