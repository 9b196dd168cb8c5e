#![allow(unused_variables)]

use do_runtime::prelude::*;

#[do_runtime::test]
fn kept(kit: TestKit) -> Result {
    Ok(())
}

fn main() {}
