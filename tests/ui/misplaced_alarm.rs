use do_runtime::prelude::*;

#[alarm]
fn remind() -> Result {
    Ok(())
}

fn main() {}
