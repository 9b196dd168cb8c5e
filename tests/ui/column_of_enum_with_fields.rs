use do_runtime::prelude::*;

#[derive(Column)]
pub enum Shape {
    Point,
    Square { side: f64 },
}

fn main() {}
