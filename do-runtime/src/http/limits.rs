//! What a server bears of those who call.

use std::time::Duration;

/// The limits of a server.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    /// Bytes of a body.
    pub(super) body: u64,
    /// Bytes of all headers of a request together.
    pub(super) headers: usize,
    /// How long a request may take to arrive, its headers and its body each.
    pub(super) arrival: Duration,
    /// How long a call may take until it is answered.
    pub(super) answer: Duration,
    /// Connections at once.
    pub(super) connections: usize,
    /// How long calls that run may go on when the server stops.
    pub(super) drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            body: 1 << 20,
            headers: 32 << 10,
            arrival: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            connections: 10_000,
            drain: Duration::from_secs(10),
        }
    }
}
