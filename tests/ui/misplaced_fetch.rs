use do_runtime::prelude::*;

#[fetch(get, "/")]
fn page() {}

fn main() {}
