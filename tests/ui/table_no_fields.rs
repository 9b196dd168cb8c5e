use do_runtime::prelude::*;

#[table]
pub struct Message {}

fn main() {}
