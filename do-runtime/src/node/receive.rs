//! Applying a message at its receiver, once: in a turn at it, in the handler's own transaction.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::scheduler::Waiting;
use super::{Awake, Host};
use crate::call::{Instance, Outcome, Reply, Run, Slot, Unread};
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::{Caller, Origin};
use crate::node::alarms::in_turn;
use crate::object::{ArgumentsReader, Dispatch, Identity};
use crate::observe::{self, Moment};
use crate::planted::{Defect, planted};
use crate::sqlite::{Delivery, Message};

/// A message at its receiver's door.
pub(crate) struct Arrival {
    pub(super) delivery: Delivery,
    pub(super) sender: Arc<Identity>,
    pub(super) message: Arc<Message>,
}

/// Why a message was not applied.
#[derive(Debug)]
pub(crate) enum Undelivered {
    /// Its handler could not be run.
    Unreachable(Error),
    /// Its handler did not want it, or there is none.
    Refused(Error),
}

impl Undelivered {
    /// What kind of error it is.
    pub(super) fn kind(&self) -> ErrorKind {
        let (Undelivered::Unreachable(error) | Undelivered::Refused(error)) = self;
        error.kind()
    }

    /// What an error means that a handler, or what is around it, answered with.
    fn from_answer(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Overloaded | ErrorKind::Storage => Undelivered::Unreachable(error),
            _ => Undelivered::Refused(error),
        }
    }
}

/// A message on its way into its receiver, boxed.
pub(crate) type Receiving = Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send>>;

/// Applies a message unless it was applied before.
pub(super) async fn receive<O: Dispatch>(host: Arc<Host<O>>, arrival: Arrival) -> Result<(), Undelivered> {
    let Arrival { delivery, sender, message } = arrival;
    let id = message.receiver;
    if let Some(name) = &message.name {
        // Whoever is called for the first time has to know its name to exist.
        let known = host.slot(&Identity::new(O::CLASS, id, Some(name.as_str().into())));
        known.map_err(Undelivered::Unreachable)?;
    }
    let origin = Origin {
        caller: Some(Caller::Object(sender)),
        trace: std::str::from_utf8(&message.origin).ok().and_then(|trace| trace.parse().ok()),
        ..Origin::default()
    };
    let outcome = in_turn(&host, id, move |awake, slot| apply(awake, slot, &message, delivery, origin)).await;
    match outcome {
        Ok(Outcome::Ended(result)) => result.map(drop).map_err(|refused| Undelivered::from_answer(refused.into())),
        Ok(Outcome::Running(handler)) => {
            if planted(Defect::NotedBeforeItRan) {
                in_turn(&host, id, move |awake, slot| (awake.note_applied(&slot.shared, &delivery), awake.kept()))
                    .await
                    .map_err(Undelivered::Unreachable)?;
            }
            let waiting = Waiting::on(host.shared_node());
            let result = handler.await;
            drop(waiting);
            result.map_err(|refused| Undelivered::from_answer(refused.into()))?;
            in_turn(&host, id, move |awake, slot| (awake.note_applied(&slot.shared, &delivery), awake.kept()))
                .await
                .map_err(Undelivered::Unreachable)
        }
        // It did not return.
        Err(error) if error.kind() == ErrorKind::Deadline => Err(Undelivered::Refused(error)),
        Err(error) => Err(Undelivered::Unreachable(error)),
    }
}

fn apply<O: Dispatch>(
    awake: &mut Awake<O>,
    slot: &Arc<Slot<O>>,
    message: &Message,
    delivery: Delivery,
    origin: Origin,
) -> (Result<Outcome>, Instance) {
    match awake.was_applied(&delivery) {
        Ok(true) => return (Ok(Outcome::Ended(Ok(Reply::nothing()))), Instance::Kept),
        Ok(false) => {}
        Err(error) => return (Err(error), awake.kept()),
    }
    let request = ArgumentsReader::new(&message.arguments).and_then(|mut from| O::decode(&message.method, &mut from));
    let (method, request) = match request {
        Ok(request) => request,
        Err(error) => return (Ok(Outcome::Ended(Err(error.into()))), Instance::Kept),
    };
    let node = slot.shared.host.node();
    let began = Moment::now(node);
    awake.meta().begin(method, Some(Arc::new(origin)));
    let span = awake.meta().span();
    let mut answer = Unread::default();
    let ran = {
        let _within = span.as_ref().map(|span| span.enter());
        O::dispatch(request, Run::new(awake, slot, &mut answer, span.as_deref()).delivering(Some(delivery)))
    };
    awake.meta().end();
    observe::ran(O::CLASS, method, [began, began, began.end(node)], &mut answer);
    let silent = || Outcome::Ended(Err(Error::new(ErrorKind::Internal, "a handler gave no answer").into()));
    (Ok(answer.0.unwrap_or_else(silent)), ran.instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_that_could_not_run_is_no_receiver_that_refuses() {
        let undelivered = |kind| Undelivered::from_answer(Error::new(kind, "why"));
        for kind in [ErrorKind::Unavailable, ErrorKind::Overloaded, ErrorKind::Storage] {
            assert!(matches!(undelivered(kind), Undelivered::Unreachable(_)), "{kind}");
        }
        for kind in [ErrorKind::Invalid, ErrorKind::NotFound, ErrorKind::Deadline, ErrorKind::Internal] {
            assert!(matches!(undelivered(kind), Undelivered::Refused(_)), "{kind}");
        }
    }
}
