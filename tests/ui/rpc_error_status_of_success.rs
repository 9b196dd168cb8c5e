use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, RpcError)]
#[rpc_error(status = 302)]
pub enum Refused {
    Elsewhere,
    #[rpc_error(status = 429, retry_after = wiat)]
    TooMany { wait: u64 },
}

fn main() {}
