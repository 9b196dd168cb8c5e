//! Where pages rest.

mod page_store;

pub use page_store::{Changes, Head, PageStore};
