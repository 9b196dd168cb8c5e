use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, RpcError)]
pub struct Refused<T>(T);

fn main() {}
