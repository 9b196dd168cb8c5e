//! What a caller gives a call to take along.

use std::sync::Arc;
use std::time::Duration;

use tracing::Span;
use uuid::Uuid;

use super::{Caller, ChainedCall, Key, RetryPolicy, Running, TraceParent, ambient};
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::object::Method;

/// How many calls may lead to one.
const LONGEST_CHAIN: u32 = 32;

/// What was set by the builder of a call.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) caller: Option<Caller>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) trace: Option<TraceParent>,
    pub(crate) retry: Option<RetryPolicy>,
    /// Drawn for a call that may be sent again.
    pub(crate) request_id: Option<Uuid>,
    /// It comes from outside the process, where anybody may be.
    pub(crate) outside: bool,
    /// Its arguments as they came from there.
    pub(crate) arguments: Option<Vec<u8>>,
    /// What made no sense: the call answers it.
    pub(crate) wrong: Option<Error>,
}

/// What a call took along. There is none if nothing was set and no handler made it.
pub(crate) struct Origin {
    /// The asynchronous handler that made it.
    pub(crate) from: Option<Arc<Running>>,
    /// How many calls led here.
    pub(crate) depth: u32,
    pub(crate) caller: Option<Caller>,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) key: Option<Key>,
    pub(crate) trace: Option<TraceParent>,
    pub(crate) attempt: u32,
    /// It comes from outside the process: the object is asked first.
    pub(crate) outside: bool,
    /// Of a call that may be sent again.
    pub(crate) request_id: Option<Uuid>,
    /// The span in which it was made, of a call that waits in a queue.
    pub(crate) surroundings: Option<Span>,
}

impl Default for Origin {
    fn default() -> Self {
        Origin {
            from: None,
            depth: 0,
            caller: None,
            deadline: None,
            key: None,
            trace: None,
            attempt: 1,
            outside: false,
            request_id: None,
            surroundings: None,
        }
    }
}

impl Origin {
    /// What a call takes along that is sent now, from what was set for it, what its method says and who makes it.
    ///
    /// # Errors
    /// `deadline` if it is over already, `invalid` for a chain that is too long.
    pub(crate) fn of(settings: Option<&Settings>, method: &Method, now: Timestamp) -> Result<Self> {
        let mut origin = Origin::default();
        let mut within = method.longest();
        if let Some(settings) = settings {
            within = [within, settings.deadline].into_iter().flatten().min();
            origin.caller = settings.caller.clone();
            origin.trace = settings.trace;
            origin.request_id = settings.request_id;
            origin.outside = settings.outside;
        }
        origin.deadline = within.map(|within| now + within);
        if let Some(from) = ambient::current() {
            origin.follow(from, method)?;
        }
        match origin.deadline {
            Some(deadline) if deadline <= now => Err(overdue(method)),
            _ => Ok(origin),
        }
    }

    /// What an operation takes along that a handler begins, for itself and for others: nobody's deadline.
    ///
    /// # Errors
    /// `invalid` for a chain that is too long.
    pub(crate) fn of_operation(from: Arc<Running>, method: &Method) -> Result<Self> {
        let mut origin = Origin::default();
        origin.follow(from, method)?;
        origin.deadline = None;
        Ok(origin)
    }

    /// Takes over what the handler that makes the call hands on.
    fn follow(&mut self, from: Arc<Running>, method: &Method) -> Result<()> {
        self.depth = from.meta.depth() + 1;
        if self.depth > LONGEST_CHAIN {
            return Err(too_long(&from, method));
        }
        self.deadline = [self.deadline, from.deadline()].into_iter().flatten().min();
        self.trace = self.trace.or_else(|| from.meta.trace());
        self.from = Some(from);
        Ok(())
    }

    pub(crate) fn caller(&self) -> Caller {
        match (&self.caller, &self.from) {
            (Some(caller), _) => caller.clone(),
            (None, Some(from)) => Caller::Object(from.meta.shared_object().clone()),
            (None, None) => Caller::Anonymous,
        }
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }
}

/// The error of a call whose deadline passed before it ran.
pub(crate) fn overdue(method: &Method) -> Error {
    Error::new(
        ErrorKind::Deadline,
        format!("the deadline of this call of `{}` passed before its turn came: it was not run", method.name),
    )
}

#[cold]
fn too_long(from: &Running, method: &Method) -> Error {
    let mut chain = from.meta.chain();
    chain.push(ChainedCall::new(&from.meta));
    let ends: Vec<String> = chain.iter().rev().take(3).rev().map(ToString::to_string).collect();
    Error::invalid(format!(
        "{} calls led to this call of `{}`, and the limit is {LONGEST_CHAIN}: do these objects call each other without end? \
         The last ones: {}",
        chain.len(),
        method.name,
        ends.join(", ")
    ))
}
