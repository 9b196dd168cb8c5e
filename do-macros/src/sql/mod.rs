//! What the macros know of SQL: which names need quotes.

mod keywords;
pub(crate) mod quote;
