//! Metadata: what goes with a call besides its arguments, and what a handler sees of it.
//!
//! A call that nothing was set for carries nothing: who asks then gets what holds by default, and the request id is
//! drawn when it is first asked for.

pub(crate) mod ambient;
mod caller;
mod key;
mod origin;
mod retry;
mod running;
mod span;
#[cfg(feature = "opentelemetry")]
mod telemetry;
mod trace;
#[cfg(not(feature = "opentelemetry"))]
mod untold;

use std::sync::{Arc, OnceLock};

use uuid::Uuid;

pub use caller::{Caller, ChainedCall};
pub(crate) use key::Key;
pub(crate) use origin::{Origin, Settings, overdue};
pub use retry::RetryPolicy;
pub(crate) use running::Running;
pub(crate) use span::surroundings;
#[cfg(feature = "opentelemetry")]
pub(crate) use telemetry::trace_here;
pub use trace::TraceParent;
#[cfg(not(feature = "opentelemetry"))]
pub(crate) use untold::trace_here;

use crate::Timestamp;
use crate::env::Random;
use crate::error::{Error, Result};
use crate::object::{Identity, Method};

/// What goes with a call: `cx.meta()` and `this.meta()`.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Account { #[stored] balance: i64 }
/// #[durable_object]
/// impl Account {
///     #[rpc]
///     fn withdraw(&mut self, cx: &mut Cx<Self>, amount: i64) -> Result<i64> {
///         ensure!(cx.meta().caller()?.principal() == Some("ann"), "this account is ann's");
///         self.balance -= amount;
///         info!(amount, "withdrawn"); // the line names the object, the method, the request and its caller
///         Ok(self.balance)
///     }
/// }
/// ```
#[derive(Clone)]
pub struct Metadata {
    identity: Arc<Identity>,
    random: Arc<dyn Random>,
    occasion: Occasion,
    request_id: OnceLock<Uuid>,
}

/// A run of an alarm.
pub(crate) struct AlarmCall {
    pub(crate) method: &'static str,
    pub(crate) attempt: u32,
    /// How the keys begin under which it calls others: the same in each run until it has succeeded.
    pub(crate) keys: String,
}

/// Why a handler runs.
#[derive(Clone)]
enum Occasion {
    /// The runtime runs it.
    Runtime,
    /// The runtime runs it because the object wakes.
    Wake,
    /// It is an alarm.
    Alarm(Arc<AlarmCall>),
    /// It was called; with nothing set if there is no origin.
    Call(&'static Method, Option<Arc<Origin>>),
    /// It is a closure of an asynchronous handler.
    Within(Arc<Running>),
}

impl Metadata {
    pub(crate) fn new(identity: Arc<Identity>, random: Arc<dyn Random>) -> Self {
        Metadata { identity, random, occasion: Occasion::Runtime, request_id: OnceLock::new() }
    }

    /// A call begins.
    #[inline]
    pub(crate) fn begin(&mut self, method: &'static Method, origin: Option<Arc<Origin>>) {
        self.occasion = Occasion::Call(method, origin);
    }

    /// `#[init]` begins.
    pub(crate) fn begin_wake(&mut self) {
        self.occasion = Occasion::Wake;
    }

    /// An alarm begins.
    pub(crate) fn begin_alarm(&mut self, alarm: AlarmCall) {
        self.occasion = Occasion::Alarm(Arc::new(alarm));
    }

    /// How the keys begin of what this handler calls, if they are made of its own.
    pub(super) fn keys(&self) -> Option<&str> {
        match &self.occasion {
            Occasion::Alarm(alarm) => Some(&alarm.keys),
            _ => None,
        }
    }

    /// A closure of an asynchronous handler begins.
    pub(crate) fn begin_within(&mut self, handler: &Arc<Running>) {
        self.occasion = Occasion::Within(handler.clone());
    }

    /// What had begun has ended.
    #[inline]
    pub(crate) fn end(&mut self) {
        self.occasion = Occasion::Runtime;
        if self.request_id.get().is_some() {
            self.request_id = OnceLock::new();
        }
    }

    fn origin(&self) -> Option<&Origin> {
        match &self.occasion {
            Occasion::Runtime | Occasion::Wake | Occasion::Alarm(_) => None,
            Occasion::Call(_, origin) => origin.as_deref(),
            Occasion::Within(handler) => handler.meta.origin(),
        }
    }

    /// The object that runs: its class, id and name.
    pub fn object(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn shared_object(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The call's method, unless it is a closure of one.
    pub(crate) fn called(&self) -> Option<&'static Method> {
        match &self.occasion {
            Occasion::Call(method, _) => Some(method),
            Occasion::Runtime | Occasion::Wake | Occasion::Alarm(_) | Occasion::Within(_) => None,
        }
    }

    /// The method that runs; none where the runtime does something of its own.
    pub fn method(&self) -> Option<&'static str> {
        match &self.occasion {
            Occasion::Runtime => None,
            Occasion::Wake => Some("init"),
            Occasion::Alarm(alarm) => Some(alarm.method),
            Occasion::Call(method, _) => Some(method.name),
            Occasion::Within(handler) => handler.meta.method(),
        }
    }

    /// The id of the request that this call belongs to: drawn for a call from outside, and the same in all the calls that
    /// its handlers make, and in its
    /// repetitions by `.retry(…)`, so that the log lines of one request are found by it.
    pub fn request_id(&self) -> Uuid {
        match (&self.occasion, self.origin()) {
            (Occasion::Within(handler), _) => handler.meta.request_id(),
            (_, Some(Origin { from: Some(from), .. })) => from.meta.request_id(),
            (_, Some(Origin { request_id: Some(id), .. })) => *id,
            _ => *self.request_id.get_or_init(|| self.random.uuid()),
        }
    }

    /// The trace that the call belongs to, as `.trace(…)` gave it to the first call of the chain.
    pub fn trace(&self) -> Option<TraceParent> {
        self.origin().and_then(|origin| origin.trace)
    }

    /// Who called: the principal that `.caller(…)` named, the object whose handler made the call, or nobody who is known.
    ///
    /// # Errors
    /// `not_found` where there is no call: the runtime itself runs `#[init]` and alarms.
    pub fn caller(&self) -> Result<Caller> {
        match &self.occasion {
            Occasion::Runtime | Occasion::Wake | Occasion::Alarm(_) => {
                let sentence = format!("the runtime itself runs this handler of {}: nobody called it", self.identity);
                Err(Error::not_found(sentence))
            }
            Occasion::Call(_, origin) => Ok(origin.as_ref().map_or(Caller::Anonymous, |origin| origin.caller())),
            Occasion::Within(handler) => handler.meta.caller(),
        }
    }

    /// Until when the caller waits: the earliest of what it set itself, of the method's default, and of the deadline of the handler that made
    /// the call.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.origin().and_then(|origin| origin.deadline)
    }

    /// The how manyeth try of the call this is: 1 at first, counted up by `.retry(…)`, and of an alarm by each run that failed.
    pub fn attempt(&self) -> u32 {
        match &self.occasion {
            Occasion::Alarm(alarm) => alarm.attempt,
            Occasion::Within(handler) => handler.meta.attempt(),
            _ => self.origin().map_or(1, |origin| origin.attempt),
        }
    }

    /// The key under which this call is applied once, however often it is sent.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.key().map(|key| &*key.key)
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        self.origin().and_then(|origin| origin.key.as_ref())
    }

    /// The calls that led here, the outermost first; none for a call from outside.
    pub fn chain(&self) -> Vec<ChainedCall> {
        let mut chain = Vec::new();
        let mut caller = self.origin().and_then(|origin| origin.from.as_ref());
        while let Some(handler) = caller {
            chain.push(ChainedCall::new(&handler.meta));
            caller = handler.meta.origin().and_then(|origin| origin.from.as_ref());
        }
        chain.reverse();
        chain
    }

    /// How many calls led here.
    pub(crate) fn depth(&self) -> u32 {
        self.origin().map_or(0, |origin| origin.depth)
    }
}

impl std::fmt::Debug for Metadata {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("Metadata");
        debug.field("object", &format_args!("{}", self.identity)).field("method", &self.method());
        if let Ok(caller) = self.caller() {
            debug.field("caller", &format_args!("{caller}"));
        }
        debug.field("attempt", &self.attempt()).field("deadline", &self.deadline());
        debug.field("idempotency_key", &self.idempotency_key()).field("trace", &self.trace()).finish_non_exhaustive()
    }
}
