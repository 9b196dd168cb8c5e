use do_runtime::prelude::*;

#[table]
fn message() {}

fn main() {}
