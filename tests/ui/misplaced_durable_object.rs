use do_runtime::prelude::*;

#[durable_object]
fn room() {}

fn main() {}
