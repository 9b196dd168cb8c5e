#![allow(unused_variables)]

use do_runtime::prelude::*;

#[do_runtime::test]
async fn kept(room: u32) -> Result {
    Ok(())
}

fn main() {}
