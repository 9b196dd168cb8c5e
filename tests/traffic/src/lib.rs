//! Real traffic for the example programs: each is started as its user starts it, driven over HTTP and WebSockets by many at once, killed in
//! the middle of that, and started again. Afterwards everything that it had acknowledged has to be there, and the rule of its pattern kept.
//!
//! | module | |
//! |---|---|
//! | [`programs`] | where the programs are |
//! | [`process`] | one of them, through its lives |
//! | [`user`] | who sends requests, and hears answers |
//! | [`findings`] | what was acknowledged, beside what is there |
//! | [`drive`] | users at once, and kills |
//! | [`examples`] | the traffic of each example, and what has to be there afterwards |
//! | [`tours`] | each program's tour, killed in the middle |

pub mod drive;
pub mod examples;
pub mod findings;
pub mod process;
pub mod programs;
pub mod tours;
pub mod user;
mod world;
