//! Checks a block, and makes the handlers of it.

use quote::format_ident;
use syn::{Attribute, Ident, ImplItemFn, Path, PathArguments, Type};

use super::model::{Block, Kind, Plain, Purpose, Role, Written};
use super::names::{self, Name};
use super::{alarms, arguments, fetch, handler, sockets};
use crate::problems::Problems;
use crate::types;

/// The block that is meant. Nothing, if it is for no object or for helpers.
pub(super) fn block(written: &Written, problems: &mut Problems) -> Option<Block> {
    let object = object(written, problems)?;
    if written.purpose == Purpose::Helpers {
        for method in &written.methods {
            let (name, span) = match &method.role {
                Role::Rpc(options) => ("rpc", options.span),
                Role::Alarm(options) => ("alarm", options.span),
                Role::Init(span) => ("init", *span),
                Role::Authorize(span) => ("authorize", *span),
                Role::Websocket(options) => ("websocket", options.span),
                Role::Fetch(options) => ("fetch", options.span),
            };
            let message = format!("`#[{name}]` goes into the `#[durable_object] impl` block; this one is for helpers");
            problems.at_span(span, message);
        }
        return None;
    }
    let mut block = Block {
        stub: crate::object::stub_path(&object),
        schedule: crate::object::schedule_path(&object),
        object,
        init: None,
        authorize: None,
        handlers: Vec::new(),
        alarms: Vec::new(),
        fetches: Vec::new(),
        sockets: Vec::new(),
        request: format_ident!("Request"),
    };
    let mut first_init: Option<&Ident> = None;
    let mut first_authorize: Option<&Ident> = None;
    let mut called: Vec<Name<'_>> = Vec::new();
    let mut scheduled: Vec<Name<'_>> = Vec::new();
    for method in &written.methods {
        match &method.role {
            Role::Init(span) | Role::Authorize(span) => {
                let (first, words, place) = match &method.role {
                    Role::Init(_) => (&mut first_init, &INIT, &mut block.init),
                    _ => (&mut first_authorize, &AUTHORIZE, &mut block.authorize),
                };
                if let Some(first) = first {
                    let attribute = words.attribute;
                    problems.at_span(*span, format!("`{first}` is the `#[{attribute}]` already: an object has one"));
                    continue;
                }
                *first = Some(&method.method.sig.ident);
                *place = plain(&method.method, words, &block.object, problems);
            }
            Role::Rpc(options) => {
                let handler = handler::handler(&method.method, options, &handler::RPC, &block.object, problems);
                let name = Name::new(&method.method, options.rename.as_ref());
                let repeated = name.check(&called, &names::OF_STUB, problems);
                called.push(name);
                if !repeated {
                    block.handlers.extend(handler);
                }
            }
            Role::Fetch(options) => {
                let handler =
                    handler::handler(&method.method, &fetch::as_rpc(options), &handler::FETCH, &block.object, problems);
                let name = Name::new(&method.method, None);
                let repeated = name.check(&called, &names::OF_STUB, problems);
                called.push(name);
                if let Some(handler) = handler.filter(|_| !repeated) {
                    block.fetches.extend(fetch::fetch(&handler, options, &block.fetches, problems));
                    block.handlers.push(handler);
                }
            }
            Role::Websocket(options) => {
                let first = written.methods.iter().find(|other| match &other.role {
                    Role::Websocket(others) => others.occasion.is_some() && others.occasion == options.occasion,
                    _ => false,
                });
                if let (Some(first), Some(occasion)) = (first, options.occasion)
                    && !std::ptr::eq(first, method)
                    && (cfgs(&first.method.attrs).is_empty() || cfgs(&method.method.attrs).is_empty())
                {
                    let (first, word) = (&first.method.sig.ident, occasion.word());
                    problems.at_span(options.span, format!("`{first}` is for `{word}` already: an object has one"));
                    continue;
                }
                let first = written.methods.iter().find(|other| match &other.role {
                    Role::Websocket(others) => others.sends.is_some(),
                    _ => false,
                });
                if let (Some(first), Some(sent)) = (first, &options.sends)
                    && !std::ptr::eq(first, method)
                    && (cfgs(&first.method.attrs).is_empty() || cfgs(&method.method.attrs).is_empty())
                {
                    let first = &first.method.sig.ident;
                    let message = format!(
                        "`{first}` says what is sent already: where it is several types, write an enum of them there"
                    );
                    problems.at(&sent.name, message);
                }
                block.sockets.extend(sockets::method(&method.method, options, &block.object, problems));
            }
            Role::Alarm(options) => {
                let alarm = alarms::alarm(&method.method, options, written, &block.object, problems);
                let name = Name::new(&method.method, options.rename.as_ref());
                let repeated = name.check(&scheduled, &names::OF_SCHEDULE, problems);
                scheduled.push(name);
                if !repeated {
                    block.alarms.extend(alarm);
                }
            }
        }
    }
    names::name_apart(&mut block);
    Some(block)
}

/// The path of the object, as far as a stand-in can be emitted for it.
pub(super) fn plain_path(written: &Written) -> Option<Path> {
    match types::peel(&written.item.self_ty) {
        Type::Path(path) if path.qself.is_none() && written.item.trait_.is_none() => {
            let last = path.path.segments.last()?;
            matches!(last.arguments, PathArguments::None).then(|| path.path.clone())
        }
        _ => None,
    }
}

/// The path of the object, if the block is one for an object.
fn object(written: &Written, problems: &mut Problems) -> Option<Path> {
    let item = &written.item;
    if let Some((path, _)) = &item.trait_ {
        problems.at(path, "`#[durable_object]` goes on the object's own `impl` block, not on that of a trait");
        return None;
    }
    let path = match types::peel(&item.self_ty) {
        Type::Path(path) if path.qself.is_none() => path.path.clone(),
        _ => {
            problems.at(&item.self_ty, "write the name of a struct with `#[durable_object]` here");
            return None;
        }
    };
    if !item.generics.params.is_empty() {
        problems.at(&item.generics, "a durable object can't be generic: it is woken by its name alone");
        return None;
    }
    if let Some(last) = path.segments.last()
        && !matches!(last.arguments, PathArguments::None)
    {
        problems.at(&last.arguments, "a durable object can't be generic: it is woken by its name alone");
        return None;
    }
    Some(path)
}

/// What is said of a method that the runtime calls.
struct PlainWords {
    attribute: &'static str,
    kind: Kind,
    asynchronous: &'static str,
    receiver: &'static str,
    no_receiver: &'static str,
    argument: &'static str,
}

const INIT: PlainWords = PlainWords {
    attribute: "init",
    kind: Kind::Exclusive,
    asynchronous: "`#[init]` is one transaction, and can't await: remove `async`",
    receiver: "`#[init]` takes `&mut self`",
    no_receiver: "`#[init]` takes `&mut self`: write it before the other parameters",
    argument: "`#[init]` takes nothing but `cx`: nobody calls it",
};

const AUTHORIZE: PlainWords = PlainWords {
    attribute: "authorize",
    kind: Kind::Shared,
    asynchronous: "`#[authorize]` is asked in the turn of a call, and can't await: remove `async`",
    receiver: "`#[authorize]` only reads: write `&self`",
    no_receiver: "`#[authorize]` takes `&self`: write it before the other parameters",
    argument: "`#[authorize]` takes nothing but `cx`: `cx.meta()` says who calls which method",
};

fn plain(method: &ImplItemFn, words: &PlainWords, object: &Path, problems: &mut Problems) -> Option<Plain> {
    let signature = &method.sig;
    if let Some(token) = &signature.asyncness {
        problems.at(token, words.asynchronous);
        return None;
    }
    if !signature.generics.params.is_empty() {
        problems.at(&signature.generics, format!("`#[{}]` can't be generic", words.attribute));
        return None;
    }
    let inputs = arguments::split(signature, object, problems)?;
    match &inputs.receiver {
        Some(receiver) if handler::receiver_kind(receiver) == Some(words.kind) => {}
        Some(receiver) => problems.at(receiver, words.receiver),
        None => problems.at(&signature.ident, words.no_receiver),
    }
    for argument in &inputs.rest {
        problems.at(argument, words.argument);
    }
    handler::check_unit_result(words.attribute, signature, problems);
    Some(Plain { ident: signature.ident.clone(), cfgs: cfgs(&method.attrs), context: inputs.has_context() })
}

/// `#[cfg(…)]` attributes.
pub(super) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}
