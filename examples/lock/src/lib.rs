//! A distributed lock: leases that end by themselves, callers who wait in order, and tokens that fence off who held it too long.

mod lock;
mod register;

pub use lock::{Grant, Lock, LockStub, Refused};
pub use register::{Register, RegisterStub, Stale};
