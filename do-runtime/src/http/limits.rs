//! What a server bears of those who call.

use std::time::Duration;

use crate::sockets::Terms;

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
    /// Bytes of a message of a socket.
    pub(super) message: u64,
    /// Bytes that may wait to be sent to one socket.
    pub(super) socket_buffer: u64,
    /// Sockets of one object.
    pub(super) sockets_per_object: usize,
    /// Sockets of one address.
    pub(super) sockets_per_peer: usize,
    /// How often a socket is sent a ping.
    pub(super) ping: Duration,
    /// Connections at once.
    pub(super) connections: usize,
    /// Calls at once on one connection of HTTP/2.
    pub(super) streams: u32,
    /// How long a client may take nothing of what waits for it.
    pub(super) stream_idle: Duration,
    /// How long calls that run may go on when the server stops.
    pub(super) drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        // As in the kit.
        let Terms { buffer, sockets } = Terms::default();
        Limits {
            body: 1 << 20,
            headers: 32 << 10,
            arrival: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            message: 1 << 20,
            socket_buffer: buffer as u64,
            sockets_per_object: sockets,
            sockets_per_peer: 32_768,
            ping: Duration::from_secs(30),
            connections: 32_768,
            streams: 256,
            stream_idle: Duration::from_secs(30),
            drain: Duration::from_secs(10),
        }
    }
}
