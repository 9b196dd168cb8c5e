#![allow(unused_variables)]

use do_runtime::prelude::*;

#[do_runtime::test(seed = 3)]
async fn kept(kit: TestKit) -> Result {
    Ok(())
}

fn main() {}
