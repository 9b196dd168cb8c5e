use do_runtime::prelude::*;

#[derive(Column)]
pub struct Point {
    pub x: f64,
}

fn main() {}
