// An object without fields, and a block without handlers.
#![deny(missing_docs, warnings)]
#![forbid(unsafe_code)]
//! A crate that is strict with itself.

use do_runtime::prelude::*;

/// Nothing but a name.
#[durable_object]
pub struct Unit;

#[durable_object]
impl Unit {}

/// Fields, but none of them.
#[durable_object]
pub struct Empty {}

#[durable_object]
impl Empty {
    #[rpc]
    fn ping(&self) -> Result {
        Ok(())
    }
}

fn main() {}
