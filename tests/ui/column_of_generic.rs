use do_runtime::prelude::*;

#[derive(Column)]
pub struct Of<T>(T);

fn main() {}
