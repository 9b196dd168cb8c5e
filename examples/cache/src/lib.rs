//! A cache in front of a slow origin: one load for many readers, writes that the next read sees, and old values when the origin fails.

mod cached;
mod origin;

pub use cached::{Cached, CachedStub, FRESH, Read};
pub use origin::{Origin, OriginStub};
