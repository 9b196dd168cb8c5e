//! A tree of managers and agents, in which a path such as `/team/project/task` is an object.
//!
//! There is one class, [`Node`]: whoever has children is a manager. A node knows its children by name; what they do, they do
//! by themselves. See [`path`] for which names there are.

mod node;
pub mod path;

pub use node::{Child, Info, Node, NodeStub};
