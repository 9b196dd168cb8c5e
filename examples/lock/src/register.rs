//! Something that a lock protects.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A write came from somebody whose grant was followed by another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[error("token {token} is stale: {seen} was seen")]
#[rpc_error(status = 409)]
pub struct Stale {
    /// The token that it came with.
    pub token: u64,
    /// The greatest that was seen.
    pub seen: u64,
}

/// A value that only who holds the lock may write. It does not ask the lock: it looks at the token.
#[durable_object]
pub struct Register {
    #[stored]
    value: String,
    #[stored]
    seen: u64,
}

#[durable_object]
impl Register {
    /// Writes the value, unless a later holder of the lock was here before.
    #[rpc(public)]
    fn write(&mut self, token: u64, value: String) -> Result<(), CallError<Stale>> {
        ensure!(token >= self.seen, Stale { token, seen: self.seen });
        self.seen = token;
        self.value = value;
        Ok(())
    }

    /// The value.
    #[rpc(public)]
    fn read(&self) -> Result<String> {
        Ok(self.value.clone())
    }
}
