//! Where a failure must end, row by row, as whoever uses the crate sees it: on a real folder, on real threads, and where the machine
//! itself must fail, in a process of its own.
//!
//! | what happens | module |
//! |---|---|
//! | a handler returns `Err`, panics, finds the queue full | `handlers` |
//! | a handler does not return | `endless` |
//! | the disk is full, a write of the journal fails | `room` |
//! | no file descriptors are left | `descriptors` |
//! | the folder can't be written, a file can't be read | `permissions` |
//! | the page store, the journal or its tail is damaged; the data are of a newer program | `damage` |
//! | the clock jumps back | `clock` |
//!
//! docs/testing.md has the table with what a caller sees and what is kept, and names the other tests.
#![cfg(unix)]

mod apart;
mod clock;
mod damage;
mod descriptors;
mod endless;
mod handlers;
mod ledger;
mod permissions;
mod room;
