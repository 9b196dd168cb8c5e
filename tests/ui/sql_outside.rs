use do_runtime::prelude::*;

pub fn ask() {
    sql!(cx, i64, "SELECT 1");
}

fn main() {}
