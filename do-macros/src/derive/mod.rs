//! The derives: `Column`, `Row` and `RpcError`.

pub(crate) mod column;
mod refusal;
pub(crate) mod row;
pub(crate) mod rpc_error;

#[cfg(test)]
mod tests;
