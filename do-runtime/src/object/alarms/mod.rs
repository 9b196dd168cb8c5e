//! Alarms: what a handler sets and sees of them, and how one runs.
//!
//! | file | what is in it |
//! |---|---|
//! | `schedule` | setting, replacing and cancelling: `cx.schedule()` |
//! | `pending` | looking at what is scheduled: `cx.alarms()` |
//! | `repeat`, `cron` | when an alarm runs again |
//! | `kept` | alarms that the class itself sets |
//! | `run` | one run: what generated code is given |

mod cron;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod kept;
mod pending;
mod repeat;
mod run;
mod schedule;

pub(crate) use kept::{is_orphan, missing};
pub use pending::{Alarms, PendingAlarm};
pub use repeat::Repeat;
pub use run::{AlarmRan, AlarmRun, ExhaustedRun};
pub(crate) use run::{Ended, advance, backoff, delay, set_aside};
pub use schedule::{Schedule, Setting};

/// What the macros say of an `#[alarm]`.
#[derive(Debug, Clone, Copy)]
pub struct AlarmDef {
    /// The name under which it is stored.
    pub name: &'static str,
    /// Whether it is set by itself.
    pub repeat: Repeat,
    /// How often a run that failed is tried again.
    pub retries: u32,
    /// Whether the class has a method for alarms of this one that were given up.
    pub exhausted: bool,
}
