use do_runtime::prelude::*;

#[derive(Row)]
pub enum Totals {
    Lines(i64),
}

fn main() {}
