use do_runtime::prelude::*;

#[derive(Row)]
pub struct Totals(i64);

fn main() {}
