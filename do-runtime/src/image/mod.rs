//! An object's database as pages in memory, and what a transaction changed in them.

/// The size of a page in bytes.
pub const PAGE: usize = 4096;

/// One page.
pub type Page = [u8; PAGE];
