//! `#[websocket(…)]`: methods that the events of sockets run.
//!
//! `model` says what there is, `parse` reads the options, `validate` checks one method, and `print` prints how they are run.

mod model;
mod parse;
mod print;
mod validate;

#[cfg(test)]
mod tests;

pub(crate) use model::{SocketMethod, SocketOptions};
pub(super) use parse::options;
pub(super) use print::{description, items};
pub(super) use validate::method;
