use do_runtime::prelude::*;
use std::time::Duration;

#[table]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub length: Duration,
}

fn main() {}
