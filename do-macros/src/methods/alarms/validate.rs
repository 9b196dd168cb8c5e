//! Checks one `#[alarm]` method, and makes the alarm of it.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{ImplItemFn, Path, ReturnType, Signature};

use super::exhausted;
use super::model::{Alarm, AlarmOptions};
use crate::methods::arguments::{self, Inputs};
use crate::methods::handler::{self, Words};
use crate::methods::model::{Context, Kind, Written};
use crate::methods::validate::cfgs;
use crate::problems::Problems;
use crate::types;

const ALARM: Words = Words {
    what: "an `#[alarm]`",
    generic: "an `#[alarm]` can't be generic: its payload is stored; write a method for each type, or a type of your own",
    not_safe: "an `#[alarm]` is called by the runtime, and can't be `unsafe`",
    foreign: "an `#[alarm]` is a plain `fn`",
    no_receiver: "an `#[alarm]` takes `&mut self`, or is an `async fn` with `this: This<Self>`: write `&mut self` first",
    wrong_receiver: "an `#[alarm]` takes `&mut self`, or is an `async fn` with `this: This<Self>`",
};

/// The alarm that is meant, unless there is something wrong with the method.
pub(in crate::methods) fn alarm(
    method: &ImplItemFn,
    options: &AlarmOptions,
    block: &Written,
    object: &Path,
    problems: &mut Problems,
) -> Option<Alarm> {
    let signature = &method.sig;
    let plain = handler::is_plain(signature, &ALARM, problems);
    let inputs = arguments::split(signature, object, problems);
    let kind = inputs.as_ref().and_then(|inputs| kind(signature, inputs, problems));
    let context = inputs.as_ref().map_or(Context::LeftOut, Inputs::has_context);
    let set_by_itself = check_payload(inputs.as_ref(), options, signature, problems);
    let arguments = arguments::all(inputs.as_ref(), object, problems);
    let result = result(signature, "an `#[alarm]`", problems);
    let schedule_ident = handler::called_ident(&signature.ident, options.rename.as_ref(), problems);
    let (arguments, schedule_ident) = (arguments?, schedule_ident?);
    let exhausted = match &options.exhausted {
        Some(named) => Some(exhausted::method(named, &signature.ident, &arguments, block, object, problems)?),
        None => None,
    };
    if !plain || !set_by_itself {
        return None;
    }
    let carried = handler::carried(&method.attrs);
    Some(Alarm {
        ident: signature.ident.clone(),
        name: schedule_ident.unraw().to_string(),
        schedule_ident,
        cfgs: cfgs(&method.attrs),
        // What setting it gives must be used anyway.
        carried: carried.into_iter().filter(|attribute| !attribute.path().is_ident("must_use")).collect(),
        kind: kind?,
        context,
        arguments,
        result: result?,
        repeat: options.repeat.clone(),
        retries: options.retries,
        exhausted,
    })
}

fn kind(signature: &Signature, inputs: &Inputs<'_>, problems: &mut Problems) -> Option<Kind> {
    if let (None, Some(receiver)) = (&signature.asyncness, inputs.receiver)
        && handler::receiver_kind(receiver) == Some(Kind::Shared)
    {
        problems.at(receiver, "an `#[alarm]` writes: the transaction that it runs in removes it; write `&mut self`");
        return None;
    }
    handler::kind(signature, inputs, &ALARM, problems)
}

/// Whether it has no payload, if the runtime sets it by itself.
fn check_payload(
    inputs: Option<&Inputs<'_>>,
    options: &AlarmOptions,
    signature: &Signature,
    problems: &mut Problems,
) -> bool {
    let Some(option) = options.repeat.option() else { return true };
    let Some(first) = inputs.and_then(|inputs| inputs.rest.first()) else { return true };
    let ident = &signature.ident;
    let message = format!(
        "an alarm with `{option}` is set by the runtime, which has no payload for it: remove the parameter, or write \
         `#[alarm]` and set it by `cx.schedule().{ident}(…).{option}(…)`"
    );
    problems.at(first, message);
    false
}

/// Where the result is written, which is a `Result` without a value.
pub(in crate::methods) fn result(signature: &Signature, what: &str, problems: &mut Problems) -> Option<Span> {
    let ty = match &signature.output {
        ReturnType::Type(_, ty) => types::peel(ty),
        ReturnType::Default => {
            problems.at(&signature.ident, format!("{what} can fail: write `-> Result`"));
            return None;
        }
    };
    let named = types::named(ty).filter(|named| named.ident == "Result");
    let Some(named) = named.filter(|named| named.root.is_none_or(|root| root == "do_runtime")) else {
        problems.at(ty, format!("{what} returns a `Result` of do_runtime's `Error`: write `Result`"));
        return None;
    };
    match named.arguments[..] {
        [value, ..] if !types::is_unit(value) => {
            problems.at(value, format!("{what} gives nothing to anybody: write `Result`"));
            None
        }
        [_, error] if types::named(error).is_none_or(|named| named.ident != "Error") => {
            let message =
                format!("{what} returns do_runtime's `Error`, which `?` makes of an error of your own: write `Result`");
            problems.at(error, message);
            None
        }
        _ => Some(ty.span()),
    }
}
