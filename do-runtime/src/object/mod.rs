//! What a user's struct is to the runtime, and what its handlers see.

mod class;
mod cx;
mod identity;
mod stored;
mod this;

pub use class::{Answer, Dispatch, Failure, Method, Object, Outcome, TypedStub};
pub use cx::Cx;
pub(crate) use cx::Surroundings;
pub(crate) use identity::Identity;
pub use stored::{StoredReader, StoredWriter};
pub(crate) use stored::StoredState;
pub use this::This;
pub(crate) use this::orchestrate;
