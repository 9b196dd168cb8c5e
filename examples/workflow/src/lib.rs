//! Orders that go through several steps, once each, and are undone if one of them fails.
//!
//! An [`Order`] is the workflow: it remembers where it is, and an alarm takes it one [`Step`] further. The [`partners`] are whom
//! a step is asked of.

mod order;
pub mod partners;
mod step;

pub use order::{Entry, Order, OrderStub, Outcome, Progress, Purchase, State};
pub use step::Step;
