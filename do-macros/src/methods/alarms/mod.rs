//! `#[alarm]`: methods that are scheduled.
//!
//! `parse` reads the options, `validate` checks one method and `exhausted` the one that it is handed to; `schedule` prints
//! how alarms are set, and `dispatch` how they are run.

mod dispatch;
mod exhausted;
mod model;
mod parse;
mod schedule;
mod validate;

#[cfg(test)]
mod tests;

pub(super) use dispatch::items;
pub(crate) use model::{Alarm, AlarmOptions};
pub(super) use parse::options;
pub(super) use schedule::{methods, stand_in};
pub(super) use validate::{alarm, result};
