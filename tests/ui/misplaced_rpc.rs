use do_runtime::prelude::*;

#[rpc]
fn topic() -> Result<String> {
    Ok(String::new())
}

fn main() {}
