use do_runtime::prelude::*;

#[authorize]
fn may() {}

fn main() {
    may();
}
