use do_runtime::prelude::*;

#[websocket(open)]
fn joined() {}

fn main() {}
