//! Checks one `#[websocket]` method.

use quote::ToTokens;
use syn::{ImplItemFn, PatType, Path, Type};

use super::model::{Occasion, SocketMethod, SocketOptions, Taken};
use crate::methods::alarms;
use crate::methods::arguments::{self, Inputs};
use crate::methods::handler::{self, Words};
use crate::methods::validate::cfgs;
use crate::problems::Problems;
use crate::types;

const WEBSOCKET: Words = Words {
    what: "a `#[websocket]` method",
    generic: "a `#[websocket]` method can't be generic: its messages have one type",
    not_safe: "a `#[websocket]` method is called by the runtime, and can't be `unsafe`",
    foreign: "a `#[websocket]` method is a plain `fn`",
    no_receiver: "a `#[websocket]` method takes `&mut self`, or `&self` if it changes nothing: write it first",
    wrong_receiver: "a `#[websocket]` method takes `&mut self`, or `&self` if it changes nothing",
};

/// The method that is meant, unless there is something wrong with it.
pub(in crate::methods) fn method(
    method: &ImplItemFn,
    options: &SocketOptions,
    object: &Path,
    problems: &mut Problems,
) -> Option<SocketMethod> {
    let signature = &method.sig;
    if let Some(token) = &signature.asyncness {
        let message = "a `#[websocket]` method is one transaction, and can't await: remove `async`; what takes long is an alarm, or an \
             `#[rpc] async fn` that it is sent to by `cx.send(…)`";
        problems.at(token, message);
        return None;
    }
    let plain = handler::is_plain(signature, &WEBSOCKET, problems);
    let inputs = arguments::split(signature, object, problems)?;
    handler::kind(signature, &inputs, &WEBSOCKET, problems)?;
    let result = alarms::result(signature, "a `#[websocket]` method", problems);
    let occasion = options.occasion?;
    let takes = takes(&inputs, occasion, object, problems)?;
    if occasion == Occasion::Message
        && !takes.iter().any(|taken| matches!(taken, Taken::Message(_) | Taken::Borrowed(_)))
    {
        let message = "write a parameter for the message: `text: String`, `bytes: Bytes`, or a type of your own, which is read from JSON";
        problems.at(&signature.ident, message);
        return None;
    }
    plain.then_some(SocketMethod {
        ident: signature.ident.clone(),
        cfgs: cfgs(&method.attrs),
        occasion,
        context: inputs.has_context(),
        takes,
        auto_response: options.auto_response.clone(),
        sends: options.sends.as_ref().and_then(|sent| syn::parse2(types::without_self(&sent.ty, object)).ok()),
        result: result?,
    })
}

fn takes(inputs: &Inputs<'_>, occasion: Occasion, object: &Path, problems: &mut Problems) -> Option<Vec<Taken>> {
    let mut takes: Vec<Taken> = Vec::new();
    for parameter in &inputs.rest {
        takes.push(taken(parameter, &takes, occasion, object, problems)?);
    }
    Some(takes)
}

fn taken(
    parameter: &PatType,
    before: &[Taken],
    occasion: Occasion,
    object: &Path,
    problems: &mut Problems,
) -> Option<Taken> {
    let ty = types::peel(&parameter.ty);
    let behind = match ty {
        Type::Reference(reference) => Some(types::peel(&reference.elem)),
        _ => None,
    };
    let refers_to = |name: &str| behind.is_some_and(|behind| types::is(behind, name));
    let has_socket = matches!(before.first(), Some(Taken::Socket));
    let others = before.len() - usize::from(has_socket);
    if refers_to("Socket") && before.is_empty() {
        return Some(Taken::Socket);
    }
    for name in ["Socket", "Upgrade"] {
        if types::is(ty, name) {
            problems.at(ty, format!("it is lent: write `&{name}`"));
            return None;
        }
    }
    let (found, wanted) = match (occasion, others) {
        (Occasion::Open, 0) => {
            (refers_to("Upgrade").then_some(Taken::Request), "`socket: &Socket` and `request: &Upgrade`")
        }
        (Occasion::Message, 0) if !refers_to("Socket") => {
            (message(ty, behind, object), "`socket: &Socket` and the message")
        }
        (Occasion::Close, 0) => (types::is(ty, "u16").then_some(Taken::Code), CLOSE),
        (Occasion::Close, 1) if types::is(ty, "String") => (Some(Taken::Reason), CLOSE),
        (Occasion::Close, 1) => (refers_to("str").then_some(Taken::ReasonText), CLOSE),
        (Occasion::Error, 0) => (refers_to("Error").then_some(Taken::Error), "`socket: &Socket` and `error: &Error`"),
        (Occasion::Open, _) => (None, "`socket: &Socket` and `request: &Upgrade`"),
        (Occasion::Message, _) => (None, "`socket: &Socket` and the message"),
        (Occasion::Close, _) => (None, CLOSE),
        (Occasion::Error, _) => (None, "`socket: &Socket` and `error: &Error`"),
    };
    if found.is_none() {
        let word = occasion.word();
        problems.at(parameter, format!("`#[websocket({word})]` takes, in this order, {wanted}; each may be left out"));
    }
    found
}

const CLOSE: &str = "`socket: &Socket`, `code: u16` and `reason: String`";

fn message(ty: &Type, behind: Option<&Type>, object: &Path) -> Option<Taken> {
    let Some(behind) = behind else {
        return syn::parse2(types::without_self(ty, object)).ok().map(Taken::Message);
    };
    let owned = match behind.to_token_stream().to_string().as_str() {
        "str" => "::std::string::String",
        "[u8]" => "::do_runtime::Bytes",
        _ => return None,
    };
    syn::parse_str(owned).ok().map(Taken::Borrowed)
}
