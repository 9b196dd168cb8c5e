use do_runtime::prelude::*;

#[durable_object]
pub struct Counter {
    #[stored]
    count: u64,
}

#[durable_object]
impl Counter {
    #[rpc(public, live)]
    fn add(&mut self) -> Result<u64> {
        self.count += 1;
        Ok(self.count)
    }
}

fn main() {}
