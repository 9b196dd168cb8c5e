use do_runtime::prelude::*;

#[derive(Column)]
pub enum Nothing {}

fn main() {}
