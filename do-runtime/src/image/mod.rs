//! An object's database as pages in memory, and what a transaction changed in them.
//!
//! | file | what it holds |
//! |---|---|
//! | `pages` | [`Image`]: the pages, how they are read and written |
//! | `transaction` | what a transaction changed: pre-images, commit, roll back |
//! | `residency` | loading, hand-over to the page store, shedding |
//! | `delta` | the byte differences that a commit record carries |
//! | `spare` | page buffers to be used again |

pub mod delta;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod pages;
mod residency;
mod spare;
mod transaction;

#[cfg(test)]
mod tests;

pub use pages::{Image, ImageFailure};
pub use residency::{HandOver, PageSource};

/// The size of a page in bytes.
pub const PAGE: usize = 4096;

/// One page.
pub type Page = [u8; PAGE];
