use do_runtime::prelude::*;

#[init]
fn wake() -> Result {
    Ok(())
}

fn main() {}
