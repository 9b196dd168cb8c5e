use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, RpcError)]
pub enum Refused {
    Empty,
}

fn main() {}
