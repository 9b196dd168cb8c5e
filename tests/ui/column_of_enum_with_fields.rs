use do_runtime::prelude::*;

#[derive(Column)]
pub enum Shape {
    Round(f64),
    Square { side: f64 },
}

fn main() {}
