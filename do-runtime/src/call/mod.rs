//! Calls: stubs, the queue of an object, and running handlers in place.
//!
//! A caller that finds an object idle takes its baton and runs the handler on its own thread; one that finds it busy
//! queues its call and waits. See `docs/architecture.md` for the way of a call.

mod again;
mod answer;
mod entry;
mod future;
mod live;
#[cfg(feature = "http")]
mod outside;
mod pace;
mod patience;
#[cfg(feature = "connect")]
mod remote;
mod run;
pub(crate) mod scope;
mod serve;
mod settings;
mod slot;
mod stub;
mod timing;
mod turn;
mod untyped;

pub(crate) use answer::{Answer, AnswerSlot, Orchestration, Outcome, Unread, came};
pub(crate) use entry::{Entry, Progress, Queued, Work};
pub use future::Call;
pub(crate) use future::{Unsent, no_await};
pub use live::Live;
#[cfg(feature = "http")]
pub(crate) use outside::{Answers, Asked, AskedBy, Unfetched, call, fetch, watch};
pub(crate) use pace::Pace;
pub(crate) use run::Instance;
pub use run::{Ran, Run};
pub(crate) use serve::{Place, refusal, refuse_all, refuse_queue, serve, too_late};
pub(crate) use slot::{Body, Owner, Shared, Slot, Status};
pub use stub::Stub;
pub(crate) use timing::Timing;
pub(crate) use turn::{TurnFor, TurnOf, give_back};
pub use untyped::Refusal;
pub(crate) use untyped::Reply;
#[cfg(feature = "http")]
pub(crate) use untyped::ToldError;
