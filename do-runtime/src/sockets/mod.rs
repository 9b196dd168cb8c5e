//! WebSockets that outlive hibernation: the connections of an object, whether it is awake or asleep.
//!
//! | file | what is in it |
//! |---|---|
//! | `hall` | the sockets of one object, and of all objects of a node |
//! | `line` | one connection: its tags, its attachment, what is to be sent |
//! | `effects` | what a handler does with sockets: kept with its transaction, undone with it |
//! | `gate` | frames that wait until what they tell is durable |
//! | `handle` | `Socket` and `Sockets`: what user code has |
//! | `upgrade` | `Upgrade`: what a client asked for |
//! | `run` | one event: what generated code is given |
//! | `connection` | what a transport has: events in, frames out |
//!
//! Nothing here knows of the network. See docs/sockets.md.

#![cfg_attr(
    not(any(feature = "http", feature = "testing")),
    expect(dead_code, reason = "without a server and without the kit nobody can open a socket")
)]

#[cfg(any(feature = "http", feature = "testing"))]
mod connection;
pub(crate) mod effects;
mod frame;
mod gate;
mod hall;
mod handle;
mod line;
mod run;
mod upgrade;

#[cfg(feature = "http")]
pub(crate) use connection::{Connecting, Telling};
#[cfg(any(feature = "http", feature = "testing"))]
pub(crate) use connection::{Connection, Received, connect};
#[cfg(any(feature = "http", feature = "testing"))]
pub(crate) use frame::Frame;
pub use frame::{CloseCode, TextOrBinary};
pub(crate) use hall::Halls;
pub use handle::{Socket, Sockets};
#[cfg(any(feature = "http", feature = "testing"))]
pub(crate) use line::Terms;
pub use run::{Occurred, SocketMethods, SocketRan, SocketRun};
pub(crate) use run::{SocketMessage, SocketSent};
pub use upgrade::Upgrade;
