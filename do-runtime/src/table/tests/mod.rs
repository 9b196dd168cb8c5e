//! Tables over an in-memory engine. The impls of the samples are what the macros generate.

mod find;
mod ops;
mod rows;
pub(crate) mod sample;
mod schema;
