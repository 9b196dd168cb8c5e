//! A call of an object in another process.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::future::State;
use super::{Call, Stub};
use crate::connect::{Again, Awaited, Came, Connection, Outgoing, Seen, Sending, Told};
use crate::error::{Error, Result};
use crate::metadata::{Settings, ambient, overdue, trace_here};
use crate::node::check_name;
use crate::object::{Answer as AnswerType, ArgumentsWriter, Dispatch, Failure, Method, Wire, packed};

impl<O: Dispatch, T: AnswerType, E: Failure> Call<O, T, E> {
    /// Sends the call to the other process.
    #[cold]
    #[inline(never)]
    pub(super) fn send_away(
        &mut self,
        connection: &Arc<Connection>,
        method: &'static Method,
        request: &O::Request,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, E>> {
        let settings = self.aside.take().map(|aside| aside.settings).unwrap_or_default();
        let awaited = if T::STREAMS { Awaited::Stream } else { Awaited::Whole };
        let sending = outgoing::<O>(&self.stub, connection, method, request, settings, awaited);
        match sending.and_then(|call| connection.send(call)) {
            Ok(sending) => self.away(sending, cx),
            Err(error) => Poll::Ready(Err(E::from(error))),
        }
    }

    /// Looks after a call that is on its way.
    pub(super) fn away(&mut self, mut sending: Sending, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        match Pin::new(&mut sending).poll(cx) {
            Poll::Pending => {
                self.state = State::Away(sending);
                Poll::Pending
            }
            Poll::Ready(Ok(Came::Whole(bytes))) => {
                Poll::Ready(T::from_wire(&bytes, Wire::MessagePack).map_err(E::from))
            }
            Poll::Ready(Ok(Came::Items(items))) => {
                Poll::Ready(T::from_items(items, Wire::MessagePack).map_err(E::from))
            }
            Poll::Ready(Err(Told { error, own, .. })) => {
                Poll::Ready(Err(E::told(error, own.as_deref(), Wire::MessagePack)))
            }
        }
    }
}

/// What is sent of a call.
///
/// # Errors
/// `invalid` if something was set for it that the server says itself, or if its object can't be named; `deadline` if that is over already.
fn outgoing<O: Dispatch>(
    stub: &Stub<O>,
    connection: &Connection,
    method: &'static Method,
    request: &O::Request,
    mut settings: Settings,
    awaited: Awaited,
) -> Result<Outgoing> {
    if settings.caller.is_some() {
        let sentence = "the server says who calls, by the credentials of the connection: leave `.caller(…)` out, and give \
                        the connection a `.bearer(…)`";
        return Err(Error::invalid(sentence));
    }
    super::future::check_size::<O>(method, O::argument_bytes(request))?;
    let random = stub.home().shared_random();
    let again = match settings.retry.take() {
        Some(policy) => Again::Repeatable(policy.checked()?),
        None if awaited == Awaited::Stream => Again::Never,
        None => connection.retry(),
    };
    let handler = if ambient::is_set() { ambient::current() } else { None };
    if handler.is_some() && settings.key.is_none() && awaited == Awaited::Whole {
        settings.key = ambient::next_key(method);
    }
    if again.repeats() {
        settings.make_repeatable(method, &*random);
    }
    let mut within = settings.deadline.unwrap_or_else(|| connection.deadline());
    within = method.longest().map_or(within, |longest| longest.min(within));
    let mut seen = None;
    settings.trace = settings.trace.or_else(trace_here);
    if let Some(handler) = handler {
        let meta = &handler.meta;
        if let Some(deadline) = handler.deadline() {
            within = within.min(deadline.duration_since(handler.node.now()));
        }
        settings.trace = settings.trace.or_else(|| meta.trace());
        settings.request_id = Some(meta.request_id());
        seen = Some(Seen { node: handler.node.clone(), position: handler.seen() });
    }
    if within.is_zero() {
        return Err(overdue(method));
    }
    Ok(Outgoing {
        method: method.name,
        path: path(stub, method)?,
        arguments: packed(ArgumentsWriter::written(|to| O::encode(request, to))?),
        key: settings.key,
        trace: settings.trace,
        request_id: settings.request_id,
        within,
        again,
        awaited,
        random,
        seen,
    })
}

fn path<O: Dispatch>(stub: &Stub<O>, method: &Method) -> Result<String> {
    if let Some(name) = stub.name() {
        check_name(name)?;
        return Ok(Outgoing::path_of_name(O::CLASS, name, method.name));
    }
    if stub.home().ids().accepts(O::CLASS, stub.id()) {
        return Err(Error::invalid(format!(
            "the id {} was made in this process, and the server does not know it: call the object by its name, or by an id \
             that a method of the server has returned",
            stub.id()
        )));
    }
    Ok(Outgoing::path_of_id(O::CLASS, stub.id(), method.name))
}
