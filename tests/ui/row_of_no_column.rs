use do_runtime::prelude::*;

pub struct Inner;

#[derive(Row)]
pub struct Totals {
    pub lines: i64,
    pub inner: Inner,
}

fn main() {}
