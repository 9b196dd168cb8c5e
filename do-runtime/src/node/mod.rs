//! A node: one folder, one process, and the objects in it.

mod awake;
mod background;
mod builder;
mod checkpoint;
mod core;
mod expiry;
mod fence;
mod folder;
mod home;
mod host;
mod migrate;
mod names;
mod namespace;
mod objects;
mod registration;
mod sleep;
mod statements;
mod wake;

#[cfg(all(test, feature = "testing"))]
mod tests;

pub(crate) use self::core::{Node, durable};
pub(crate) use awake::{Awake, panicked};
pub use builder::{Builder, IntoBytes};
#[cfg(feature = "testing")]
pub(crate) use checkpoint::checkpoint;
#[cfg(feature = "testing")]
pub(crate) use folder::reopen;
pub(crate) use home::Home;
pub(crate) use host::{AnyHost, Host};
pub use namespace::{List, ListIter, Namespace};
pub use objects::Objects;
pub use registration::ClassEntry;
pub(crate) use sleep::put_to_sleep;
pub use statements::WrittenSql;
pub(crate) use wake::start_wake;
