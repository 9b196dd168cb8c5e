//! What a handler sees.
mod class;
mod cx;
mod kv;
#[allow(dead_code)]
pub(crate) mod payload;
mod query;
#[allow(dead_code)]
mod stored;

pub use class::*;
pub use cx::Cx;
pub use kv::{Kv, KvList, KvMut};
pub use query::{IntoParams, Parameters, Query};
pub use stored::{StoredReader, StoredWriter};
#[allow(unused_imports)]
pub(crate) use stored::{STORED_LIMIT, StoredChanges, StoredState};
