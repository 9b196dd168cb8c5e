//! A node: one folder, one process, and the objects in it.

mod alarms;
mod awake;
mod background;
mod builder;
mod checkpoint;
mod core;
mod delivery;
mod due;
mod expiry;
mod fence;
mod folder;
mod hold;
mod home;
mod host;
mod migrate;
mod names;
mod namespace;
mod objects;
#[cfg(feature = "testing")]
mod overlooked;
mod receive;
mod registration;
mod scheduler;
mod shared;
mod sleep;
mod statements;
mod wake;
mod watches;

#[cfg(all(test, feature = "testing"))]
mod tests;

pub(crate) use self::core::{Node, durable};
#[cfg(feature = "testing")]
pub(crate) use alarms::{Pick, Turned};
pub(crate) use awake::{Awake, panicked, words_of};
pub use builder::{Builder, IntoBytes};
#[cfg(feature = "testing")]
pub(crate) use checkpoint::checkpoint;
pub(crate) use due::Due;
#[cfg(feature = "testing")]
pub(crate) use folder::{ID_KEY, reopen, taken};
#[cfg(feature = "testing")]
pub(crate) use hold::Hold;
pub(crate) use home::Home;
pub(crate) use host::{AnyHost, Host};
#[cfg(feature = "connect")]
pub(crate) use namespace::check_name;
pub use namespace::{List, ListIter, Namespace};
pub use objects::Objects;
#[cfg(feature = "testing")]
pub(crate) use overlooked::When;
pub use registration::ClassEntry;
#[cfg(feature = "interface")]
pub(crate) use registration::classes_by_name;
#[cfg(feature = "http")]
pub(crate) use registration::{Addressee, Answering, class_named};
pub(crate) use scheduler::Scheduler;
pub(crate) use sleep::put_to_sleep;
pub use statements::WrittenSql;
pub(crate) use wake::start_wake;
pub(crate) use watches::{Watches, Watching};
