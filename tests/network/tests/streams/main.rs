//! Replies that come bit by bit: bodies of `#[fetch]`, items of `#[rpc]`, in the process, over HTTP, and in another process.

mod bodies;
mod classes;
mod described;
mod ends;
mod items;
mod kit;
mod peer;
mod remote;
