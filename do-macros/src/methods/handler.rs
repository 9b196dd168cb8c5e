//! Checks one `#[rpc]` method, and makes the handler of it; and what all methods that are called from outside have in
//! common.

use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ImplItemFn, LitStr, Path, Receiver, ReceiverKind, ReturnType, Safety, Signature, Type};

use super::arguments::{self, ContextParameter, Inputs};
use super::model::{Context, Handler, Kind, Outcome, RpcOptions};
use super::validate::cfgs;
use crate::problems::Problems;
use crate::types;

/// What is said of a method that is called in one way or another.
pub(super) struct Words {
    /// What it is.
    pub(super) what: &'static str,
    /// If it is generic.
    pub(super) generic: &'static str,
    /// If it is `unsafe`.
    pub(super) not_safe: &'static str,
    /// If it is `extern`.
    pub(super) foreign: &'static str,
    /// If it has no `self`.
    pub(super) no_receiver: &'static str,
    /// If its `self` is another.
    pub(super) wrong_receiver: &'static str,
}

pub(super) const RPC: Words = Words {
    what: "an `#[rpc]`",
    generic: "an `#[rpc]` can't be generic: a request has one type; write a method for each, or a type of your own",
    not_safe: "an `#[rpc]` is called from afar, and can't be `unsafe`",
    foreign: "an `#[rpc]` is a plain `fn`",
    no_receiver: "an `#[rpc]` takes `&mut self` to change the object, or `&self` to read it: write one of them first",
    wrong_receiver: "an `#[rpc]` takes `&mut self` to change the object, or `&self` to read it",
};

pub(super) const FETCH: Words = Words {
    what: "a `#[fetch]` method",
    generic: "a `#[fetch]` method can't be generic: a request has one type; write a method for each, or a type of your own",
    not_safe: "a `#[fetch]` method is called from afar, and can't be `unsafe`",
    foreign: "a `#[fetch]` method is a plain `fn`",
    no_receiver: "a `#[fetch]` method takes `&mut self` to change the object, or `&self` to read it: write one of them first",
    wrong_receiver: "a `#[fetch]` method takes `&mut self` to change the object, or `&self` to read it",
};

/// The handler that is meant, unless there is something wrong with the method.
pub(super) fn handler(
    method: &ImplItemFn,
    options: &RpcOptions,
    words: &Words,
    object: &Path,
    problems: &mut Problems,
) -> Option<Handler> {
    let signature = &method.sig;
    let plain = is_plain(signature, words, problems);
    let inputs = arguments::split(signature, object, problems);
    let kind = inputs.as_ref().and_then(|inputs| kind(signature, inputs, words, problems));
    let context = inputs.as_ref().map_or(Context::LeftOut, Inputs::has_context);
    let arguments = arguments::all(inputs.as_ref(), object, problems);
    let outcome = outcome(signature, words, object, problems);
    let stub_ident = called_ident(&signature.ident, options.rename.as_ref(), problems);
    if !plain {
        return None;
    }
    let stub_ident = stub_ident?;
    if let (Some(span), Some(kind)) = (options.live, kind)
        && kind != Kind::Shared
    {
        let message = "what is watched only reads: write `&self`, so that watching it changes nothing";
        problems.at_span(span, message);
        return None;
    }
    Some(Handler {
        ident: signature.ident.clone(),
        name: stub_ident.unraw().to_string(),
        variant: stub_ident.clone(),
        constant: stub_ident.clone(),
        stub_ident,
        cfgs: cfgs(&method.attrs),
        carried: carried(&method.attrs),
        kind: kind?,
        context,
        arguments: arguments?,
        outcome: outcome?,
        reach: options.reach,
        live: options.live.is_some(),
        speed: options.speed,
        repeating: options.repeating,
        deadline: options.deadline,
    })
}

/// Whether the method is without generics, `unsafe` and `extern`.
pub(super) fn is_plain(signature: &Signature, words: &Words, problems: &mut Problems) -> bool {
    if !signature.generics.params.is_empty() {
        problems.at(&signature.generics, words.generic);
        return false;
    }
    if let Safety::Unsafe(token) = &signature.safety {
        problems.at(token, words.not_safe);
        return false;
    }
    if let Some(abi) = &signature.abi {
        problems.at(abi, words.foreign);
        return false;
    }
    true
}

/// How a receiver is written, if it is one of a handler.
pub(super) fn receiver_kind(receiver: &Receiver) -> Option<Kind> {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, Some(_)) => Some(Kind::Exclusive),
        ReceiverKind::Reference(_, None, None) => Some(Kind::Shared),
        _ => None,
    }
}

/// How a method runs.
pub(super) fn kind(signature: &Signature, inputs: &Inputs<'_>, words: &Words, problems: &mut Problems) -> Option<Kind> {
    match &signature.asyncness {
        Some(_) => orchestration(inputs, problems),
        None => synchronous(signature, inputs, words, problems),
    }
}

fn orchestration(inputs: &Inputs<'_>, problems: &mut Problems) -> Option<Kind> {
    if let Some(receiver) = inputs.receiver {
        let message = "an `async` handler holds no state while it awaits: write `this: This<Self>`, and \
                       `this.update(|me, cx| …).await?` where it touches the object";
        problems.at(receiver, message);
        return None;
    }
    match &inputs.context {
        Some(ContextParameter::Cx(ty) | ContextParameter::CxMut(ty)) => {
            let message = "an `async` handler has no transaction of its own: write `this: This<Self>`, and \
                           `this.update(|me, cx| …).await?` where it touches the object";
            problems.at(ty, message);
            None
        }
        Some(ContextParameter::This(_)) | None => Some(Kind::Orchestration),
    }
}

fn synchronous(signature: &Signature, inputs: &Inputs<'_>, words: &Words, problems: &mut Problems) -> Option<Kind> {
    if let Some(ContextParameter::This(ty)) = &inputs.context {
        match inputs.receiver {
            None => problems.at(&signature.fn_token, "a handler with `this: This<Self>` awaits: write `async fn`"),
            Some(_) => problems.at(ty, "`This<Self>` is for an `async fn` without `self`: write `cx: &mut Cx<Self>`"),
        }
        return None;
    }
    let Some(receiver) = inputs.receiver else {
        problems.at(&signature.ident, words.no_receiver);
        return None;
    };
    let Some(kind) = receiver_kind(receiver) else {
        problems.at(receiver, words.wrong_receiver);
        return None;
    };
    if let (Kind::Shared, Some(ContextParameter::CxMut(Type::Reference(reference)))) = (kind, &inputs.context) {
        let borrow = [reference.and_token.to_token_stream(), reference.mutability.to_token_stream()];
        let message = "a handler with `&self` only reads: write `&mut self`, or `cx: &Cx<Self>`";
        problems.at(&quote!(#(#borrow)*), message);
        return None;
    }
    Some(kind)
}

fn outcome(signature: &Signature, words: &Words, object: &Path, problems: &mut Problems) -> Option<Outcome> {
    let what = words.what;
    let ty = match &signature.output {
        ReturnType::Type(_, ty) => types::peel(ty),
        ReturnType::Default => {
            problems.at(
                &signature.ident,
                format!("{what} returns a `Result`: write `-> Result`, or `-> Result<T>` with a value"),
            );
            return None;
        }
    };
    if types::has_impl_trait(ty) {
        problems.at(ty, "a result has one type, which the caller gets: write it out instead of `impl …`");
        return None;
    }
    if let Some(found) = types::not_send(ty) {
        let message = format!(
            "{} can't be in a result: results move between threads, so that they are `Send`; {}",
            found.name, found.instead
        );
        problems.at(found.part, message);
        return None;
    }
    let named = types::named(ty);
    let Some(named) = named.filter(|_| !types::is_known(ty)) else {
        let text = types::readable(ty);
        let instead = if text == "()" { "Result".to_owned() } else { format!("Result<{text}>") };
        problems.at(ty, format!("{what} returns a `Result`: write `{instead}`"));
        return None;
    };
    if named.ident == "Result" {
        for part in &named.arguments {
            if matches!(types::peel(part), Type::Reference(_)) {
                problems.at(part, "a result travels to its caller: give it by value");
                return None;
            }
        }
    }
    let own = |part: &Type| types::without_self(part, object);
    // `Result` with one argument may be an alias that says more, such as `std::io::Result`.
    let is_ours = named.ident == "Result" && named.root.is_none_or(|root| root == "do_runtime");
    Some(match named.arguments[..] {
        [] if is_ours => Outcome { value: quote!(()), error: None, own: None },
        [value] if is_ours => Outcome { value: own(value), error: None, own: None },
        [value, error] if named.is("Result") => Outcome { value: own(value), error: Some(own(error)), own: None },
        _ => {
            let outcome = own(ty);
            let as_outcome = quote_spanned!(ty.span()=> <#outcome as ::do_runtime::__private::Outcome>);
            Outcome {
                value: quote_spanned!(ty.span()=> #as_outcome::Value),
                error: Some(quote_spanned!(ty.span()=> #as_outcome::Error)),
                own: Some(as_outcome),
            }
        }
    })
}

/// A problem, unless the method returns `Result` without a value.
pub(super) fn check_unit_result(attribute: &str, signature: &Signature, problems: &mut Problems) {
    let good = match &signature.output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => types::named(ty).is_some_and(|named| {
            named.ident == "Result"
                && named
                    .arguments
                    .first()
                    .is_none_or(|value| matches!(value, Type::Tuple(unit) if unit.elems.is_empty()))
        }),
    };
    match &signature.output {
        _ if good => {}
        ReturnType::Default => problems.at(&signature.ident, format!("`#[{attribute}]` can fail: write `-> Result`")),
        ReturnType::Type(_, ty) => {
            problems.at(ty, format!("`#[{attribute}]` gives nothing to anybody: write `Result`"))
        }
    }
}

/// The name of the method that is generated.
pub(super) fn called_ident(ident: &Ident, rename: Option<&LitStr>, problems: &mut Problems) -> Option<Ident> {
    let Some(rename) = rename else { return Some(ident.clone()) };
    match rename.parse::<Ident>() {
        Ok(ident) => Some(ident),
        Err(_) => {
            problems.at(rename, "a new name is one of a method, such as \"post_message\"");
            None
        }
    }
}

/// What a generated method takes over.
pub(super) fn carried(attributes: &[Attribute]) -> Vec<Attribute> {
    let carried = ["doc", "must_use", "deprecated"];
    let is_carried = |attribute: &&Attribute| carried.iter().any(|name| attribute.path().is_ident(name));
    attributes.iter().filter(is_carried).cloned().collect()
}
