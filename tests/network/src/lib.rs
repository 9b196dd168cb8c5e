//! What the tests share: a server of its own for each, and a peer that sends it bytes.

mod answer;
mod served;

pub use answer::{Answer, exchange};
pub use served::Served;
