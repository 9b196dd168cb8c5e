use do_runtime::prelude::*;

#[table]
pub struct Message {
    pub author: String,
    pub body: String,
}

fn main() {}
