//! `exhausted = method`: what an alarm is handed to when it is given up.

use syn::{Ident, ImplItem, ImplItemFn, PatType, Path, Type};

use super::model::{Exhausted, Taken};
use super::validate::result;
use crate::methods::arguments::{self, Inputs};
use crate::methods::handler::receiver_kind;
use crate::methods::model::{Argument, Kind, Role, Written};
use crate::problems::Problems;
use crate::{suggest, types};

/// The method, unless there is something wrong with it.
pub(super) fn method(
    named: &Ident,
    alarm: &Ident,
    payload: &[Argument],
    block: &Written,
    object: &Path,
    problems: &mut Problems,
) -> Option<Exhausted> {
    let method = find(named, alarm, block, problems)?;
    let signature = &method.sig;
    if let Some(token) = &signature.asyncness {
        problems.at(token, format!("`{named}` is called in a transaction, when `{alarm}` is given up: remove `async`"));
        return None;
    }
    let inputs = arguments::split(signature, object, problems)?;
    let fits = is_exclusive(&inputs) && signature.generics.params.is_empty() && takes(&inputs, payload);
    if !fits {
        let written = meant(named, payload);
        let message = format!(
            "`{named}` takes the payload of `{alarm}` and then the error for which it was given up: write `{written}`"
        );
        problems.at(&signature.ident, message);
        return None;
    }
    result(signature, "what an alarm is handed to", problems)?;
    let taken = inputs.rest.iter().take(payload.len()).map(|parameter| taken(parameter)).collect();
    Some(Exhausted { ident: named.clone(), context: inputs.has_context(), taken })
}

/// The method of this name, if it is a helper.
fn find<'w>(named: &Ident, alarm: &Ident, block: &'w Written, problems: &mut Problems) -> Option<&'w ImplItemFn> {
    let role = block.methods.iter().find(|method| method.method.sig.ident == *named).map(|method| &method.role);
    if let Some(role) = role {
        let attribute = match role {
            Role::Rpc(_) => "an `#[rpc]`",
            Role::Alarm(_) => "an `#[alarm]`",
            Role::Init(_) => "the `#[init]`",
            Role::Authorize(_) => "the `#[authorize]`",
            Role::Fetch(_) => "a `#[fetch]` method",
            Role::Websocket(_) => "a `#[websocket]` method",
        };
        let message = format!(
            "`{named}` is {attribute}: write a method without an attribute of its own for when `{alarm}` is given up"
        );
        problems.at(named, message);
        return None;
    }
    let methods = || {
        block.item.items.iter().filter_map(|item| match item {
            ImplItem::Fn(method) => Some(method),
            _ => None,
        })
    };
    let found = methods().find(|method| method.sig.ident == *named);
    if found.is_none() {
        let names: Vec<String> = methods().map(|method| method.sig.ident.to_string()).collect();
        let others = names.iter().map(String::as_str).filter(|name| alarm != name);
        let instead = match suggest::closest(&named.to_string(), others) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write it here, without an attribute, or name another".to_owned(),
        };
        problems.at(named, format!("there is no method `{named}` in this block: {instead}"));
    }
    found
}

fn is_exclusive(inputs: &Inputs<'_>) -> bool {
    inputs.receiver.is_some_and(|receiver| receiver_kind(receiver) == Some(Kind::Exclusive))
}

/// Whether there is a parameter for each part of the payload, and then one for the error.
fn takes(inputs: &Inputs<'_>, payload: &[Argument]) -> bool {
    let Some((last, rest)) = inputs.rest.split_last() else { return false };
    let is_error = match types::peel(&last.ty) {
        Type::Reference(reference) => {
            reference.mutability.is_none() && types::named(&reference.elem).is_some_and(|named| named.ident == "Error")
        }
        _ => false,
    };
    is_error && rest.len() == payload.len()
}

fn taken(parameter: &PatType) -> Taken {
    match types::peel(&parameter.ty) {
        Type::Reference(_) => Taken::Borrowed,
        ty if types::has_impl_trait(ty) => Taken::Owned,
        ty => Taken::As(Box::new(ty.clone())),
    }
}

/// The method as it is to be written.
fn meant(named: &Ident, payload: &[Argument]) -> String {
    let payload: String =
        payload.iter().map(|part| format!("{}: {}, ", part.ident, types::readable(&part.ty))).collect();
    format!("fn {named}(&mut self, cx: &mut Cx<Self>, {payload}error: &Error) -> Result")
}
