//! The big simulation: the real runtime under the test kit, random programs over a few classes, and a model to compare with.

pub mod campaign;
pub mod check;
pub mod classes;
mod crowd;
pub mod draw;
pub mod history;
mod look;
pub mod plan;
pub mod run;
mod shown;
pub mod shrink;
pub mod world;
