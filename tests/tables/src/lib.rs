//! Tables that the objects of another crate use: `export` hands their schemas on.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What became of a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Column)]
pub enum State {
    /// Not sent yet.
    Waiting,
    /// On its way.
    Sent,
}

/// Somebody who gets parcels.
#[table(export)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receiver {
    /// The key.
    #[key]
    pub id: Id<Receiver>,
    /// One of a kind.
    #[unique]
    pub name: String,
}

/// Tables in a module of their own.
pub mod parcels {
    use super::*;

    /// A parcel; its name in SQL is reserved.
    #[table(export, name = "order", index = (receiver, state))]
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Parcel {
        /// The key.
        #[key]
        pub id: Id<Parcel>,
        /// Who gets it.
        #[references(on_delete = cascade)]
        pub receiver: Id<Receiver>,
        /// What became of it.
        #[default(State::Waiting)]
        pub state: State,
        /// What is in it.
        pub content: Option<String>,
    }
}
