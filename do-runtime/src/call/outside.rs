//! Calls from outside the process: their arguments come as bytes, and their answers leave as bytes.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::future::State;
use super::{Call, Live, Refusal, Reply, Stub, live};
use crate::error::{Error, Result, shown};
use crate::fetch::{Astray, Request, find};
use crate::metadata::{Caller, TraceParent};
use crate::object::{ArgumentsReader, Dispatch, Method, Wire, as_they_came};

/// A call from outside of one object.
pub(crate) struct Asked<'a> {
    /// The method's name.
    pub(crate) method: &'a str,
    /// Its arguments: a map of their names and values.
    pub(crate) arguments: &'a [u8],
    /// How they are encoded.
    pub(crate) wire: Wire,
    /// What goes with it.
    pub(crate) by: AskedBy,
}

/// Who calls from outside, and for what.
#[derive(Clone)]
pub(crate) struct AskedBy {
    pub(crate) caller: Caller,
    /// Its idempotency key.
    pub(crate) key: Option<Arc<str>>,
    pub(crate) trace: Option<TraceParent>,
    pub(crate) request_id: Uuid,
    /// How long the caller waits.
    pub(crate) within: Duration,
}

/// Makes the call that is asked for, of an object whose stub this is.
///
/// # Errors
/// `not_found` if the class has no such method that is public; `invalid` if the arguments are not its own.
pub(crate) fn call<O: Dispatch>(stub: Stub<O>, asked: Asked<'_>) -> Result<Call<O, Reply, Refusal>> {
    let Asked { method, arguments: came, wire, by } = asked;
    if !O::PUBLIC.iter().any(|public| public.name == method) {
        let sentence = format!("`{}` has no public method `{}`", O::CLASS, shown(method));
        return Err(Error::not_found(sentence));
    }
    let mut arguments = ArgumentsReader::of_wire(came, wire)?;
    let (method, request) = O::decode(method, &mut arguments)?;
    arguments.refuse_rest(method)?;
    let keyed = by.key.is_some();
    let call = asked_by(stub, method, request, by);
    // As they came: a map that is decoded and written again may be in another order.
    Ok(if keyed { call.with_arguments(as_they_came(came, wire)) } else { call })
}

/// The answers of a call that is watched, one after the other.
pub(crate) trait Answers: Send {
    /// The next one: see [`Live::next`].
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send + '_>>;
}

impl<O: Dispatch> Answers for Live<O, Reply, Refusal> {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send + '_>> {
        Box::pin(Live::next(self))
    }
}

/// Watches the answers of a call.
///
/// # Errors
/// As [`call`]; `invalid` if the method is not `#[rpc(live)]`.
pub(crate) fn watch<O: Dispatch>(stub: Stub<O>, asked: Asked<'_>) -> Result<Box<dyn Answers>> {
    let Asked { method, arguments, wire, by } = asked;
    let (name, bytes) = (method.to_owned(), arguments.to_vec());
    let again = move |stub: &Stub<O>| {
        let (method, arguments) = (name.as_str(), bytes.as_slice());
        call(stub.clone(), Asked { method, arguments, wire, by: by.clone() })
    };
    // What is wrong with it is told now.
    if let State::New(method, _) = &again(&stub)?.state {
        live::check(method)?;
    }
    Ok(Box::new(Live::new(stub, again)))
}

/// Why a request reaches no method.
pub(crate) enum Unfetched {
    /// None is for it.
    Astray(Astray),
    /// Its path or its query has not what the method takes.
    Refused(Error),
}

/// Makes the call of the `#[fetch]` method that a request is for, and says which one it is.
///
/// # Errors
/// If there is none, or it takes what the request has not.
pub(crate) fn fetch<O: Dispatch>(
    stub: Stub<O>,
    request: Request,
    by: AskedBy,
) -> Result<(&'static Method, Call<O, Reply, Refusal>), Unfetched> {
    let (method, parts) = find(O::FETCHES, request.method(), request.path()).map_err(Unfetched::Astray)?;
    let mut arguments = ArgumentsReader::of_request(&request, &parts);
    let (method, request) = O::decode(method.name, &mut arguments).map_err(Unfetched::Refused)?;
    Ok((method, asked_by(stub, method, request, by)))
}

fn asked_by<O: Dispatch>(
    stub: Stub<O>,
    method: &'static Method,
    request: O::Request,
    by: AskedBy,
) -> Call<O, Reply, Refusal> {
    let call = Call::new(stub, method, request).coming_from_outside(by.request_id, by.trace);
    let call = call.caller(by.caller).deadline(by.within);
    match by.key {
        Some(key) => call.idempotency_key(key),
        None => call,
    }
}
