use do_runtime::prelude::*;

#[durable_object]
pub enum Room {
    Open,
}

fn main() {}
