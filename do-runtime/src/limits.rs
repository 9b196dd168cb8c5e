//! Limits of a class of objects.

use std::time::Duration;

/// What an object may use. Each limit is an error of its own when it is crossed, and loses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one text, blob or row. 2 MiB.
    pub value: u64,
    /// Bytes that one transaction may write. 64 MiB.
    pub transaction: u64,
    /// Bytes of the whole database. 10 GiB.
    pub database: u64,
    /// Bytes of temporary files that one statement may use. 1 GiB.
    pub temp: u64,
    /// Bytes of the arguments of one call. 32 MiB.
    pub argument: u64,
    /// Calls that may wait at one object. 16,384.
    pub queue: u32,
    /// Bytes of their arguments. 64 MiB.
    pub queue_bytes: u64,
    /// How long a handler may run. 30 s.
    pub run: Duration,
}

impl Limits {
    /// The limits of a class that says nothing.
    pub const DEFAULT: Limits = Limits {
        value: 2 << 20,
        transaction: 64 << 20,
        database: 10 << 30,
        temp: 1 << 30,
        argument: 32 << 20,
        queue: 16_384,
        queue_bytes: 64 << 20,
        run: Duration::from_secs(30),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}
