//! The power goes at every step of the disk while alarms run, messages are delivered, rows expire, calls come under keys and others read;
//! then time moves on until nothing is due. What was said to have happened has happened, once and in order, and nothing is stuck.
//!
//! Some steps are tried; with `DO_POWER_CUTS=1` every one, and what was not synced both lost and torn. With a higher number each is
//! repeated with other seeds, which begin at `DO_SEED`, and with a second cut in the start that follows or while the objects recover.

mod alarms;
mod expiry;
mod keys;
mod life;
mod outbox;
mod shown;
