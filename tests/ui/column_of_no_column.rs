use do_runtime::prelude::*;

pub struct Inner;

#[derive(Column)]
pub struct Outer(Inner);

fn main() {}
