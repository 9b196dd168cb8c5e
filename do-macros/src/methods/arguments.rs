//! The parameters of a handler: `self`, `cx` or `this`, and the arguments.

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{FnArg, Ident, Pat, PatType, Path, Receiver, Signature, Type};

use super::model::{Argument, Context, Passing};
use crate::problems::Problems;
use crate::types;

/// The parameters of a method.
pub(super) struct Inputs<'s> {
    /// `self`.
    pub(super) receiver: Option<&'s Receiver>,
    /// `cx` or `this`.
    pub(super) context: Option<ContextParameter<'s>>,
    /// The others.
    pub(super) rest: Vec<&'s PatType>,
}

impl Inputs<'_> {
    /// Whether there is a `cx` or a `this`.
    pub(super) fn has_context(&self) -> Context {
        if self.context.is_some() { Context::Taken } else { Context::LeftOut }
    }
}

/// `cx` or `this`.
pub(super) enum ContextParameter<'s> {
    /// `cx: &Cx<Self>`
    Cx(&'s Type),
    /// `cx: &mut Cx<Self>`
    CxMut(&'s Type),
    /// `this: This<Self>`
    This(&'s Type),
}

impl<'s> ContextParameter<'s> {
    fn ty(&self) -> &'s Type {
        match self {
            ContextParameter::Cx(ty) | ContextParameter::CxMut(ty) | ContextParameter::This(ty) => ty,
        }
    }

    /// The object that it is of, if it is clearly another one than that of the block.
    fn of_another(&self, object: &Path) -> Option<&'s Type> {
        let ty = match types::peel(self.ty()) {
            Type::Reference(reference) => &reference.elem,
            other => other,
        };
        let of = *types::named(ty)?.arguments.first()?;
        let name = types::named(of)?.ident;
        (name != "Self" && object.segments.last().is_some_and(|last| last.ident != *name)).then_some(of)
    }
}

/// Tells the parameters apart. A `cx` in another place, by value, or of another object is a problem; then there is nothing.
pub(super) fn split<'s>(signature: &'s Signature, object: &Path, problems: &mut Problems) -> Option<Inputs<'s>> {
    let mut inputs = Inputs { receiver: None, context: None, rest: Vec::new() };
    let mut good = true;
    for (position, input) in signature.inputs.iter().enumerate() {
        let typed = match input {
            FnArg::Receiver(receiver) => {
                inputs.receiver = Some(receiver);
                continue;
            }
            FnArg::Typed(typed) => typed,
        };
        let first = position == usize::from(inputs.receiver.is_some());
        match context(&typed.ty) {
            Ok(None) => inputs.rest.push(typed),
            Ok(Some(context)) if first => {
                if let Some(other) = context.of_another(object) {
                    let message = "a handler has the storage of its own object alone: write `Self`; another object is called by its stub";
                    problems.at(other, message);
                    good = false;
                }
                inputs.context = Some(context);
            }
            Ok(Some(_)) => {
                let name = typed.pat.to_token_stream();
                let place = if inputs.receiver.is_some() { "right after `self`" } else { "first" };
                problems.at(typed, format!("`{name}` comes {place}"));
                good = false;
            }
            Err(message) => {
                problems.at(&typed.ty, message);
                good = false;
            }
        }
    }
    good.then_some(inputs)
}

fn context(ty: &Type) -> Result<Option<ContextParameter<'_>>, &'static str> {
    if types::is(ty, "Cx") {
        return Err("`cx` is borrowed: write `&Cx<Self>` to read, or `&mut Cx<Self>` to write");
    }
    if types::is(ty, "This") {
        return Ok(Some(ContextParameter::This(ty)));
    }
    let Type::Reference(reference) = types::peel(ty) else { return Ok(None) };
    if types::is(&reference.elem, "This") {
        return Err("`this` is owned: write `this: This<Self>`");
    }
    Ok(types::is(&reference.elem, "Cx").then_some(match reference.mutability {
        Some(_) => ContextParameter::CxMut(types::peel(ty)),
        None => ContextParameter::Cx(ty),
    }))
}

/// The arguments, unless there is something wrong with one of them.
pub(super) fn all(inputs: Option<&Inputs<'_>>, object: &Path, problems: &mut Problems) -> Option<Vec<Argument>> {
    let arguments: Vec<_> = inputs?.rest.iter().map(|written| argument(written, object, problems)).collect();
    arguments.into_iter().collect()
}

fn argument(written: &PatType, object: &Path, problems: &mut Problems) -> Option<Argument> {
    let ident = ident(written, problems);
    let passing = passing(&written.ty, problems);
    let ty = syn::parse2(types::without_self(&written.ty, object)).unwrap_or_else(|_| (*written.ty).clone());
    let ident = ident?;
    Some(Argument { proof: ident.clone(), ident, ty, passing: passing? })
}

impl Argument {
    /// The name by which it is written down.
    pub(super) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

fn ident(written: &PatType, problems: &mut Problems) -> Option<Ident> {
    if let Some(cfg) = written.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        problems.at(cfg, "an argument can't come and go: write two methods, each with its `#[cfg]`");
        return None;
    }
    match &*written.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => Some(pattern.ident.clone()),
        pattern => {
            problems.at(pattern, "this argument needs a name: write `name: Type`, and take it apart in the body");
            None
        }
    }
}

fn passing(ty: &Type, problems: &mut Problems) -> Option<Passing> {
    if types::has_impl_trait(ty) {
        problems.at(ty, "an argument has one type, which a request can hold: write it out instead of `impl …`");
        return None;
    }
    if let Type::Reference(reference) = types::peel(ty) {
        return borrowed(ty, reference, problems);
    }
    if let Some(found) = types::not_send(ty) {
        let message = format!(
            "{} can't be in an argument: arguments move between threads, so that they are `Send`; {}",
            found.name, found.instead
        );
        problems.at(found.part, message);
        return None;
    }
    if types::is(ty, "str") || matches!(types::peel(ty), Type::Slice(_) | Type::TraitObject(_)) {
        problems.at(ty, "an argument has a size: write `&str`, `&[u8]`, or an owned type such as `String`");
        return None;
    }
    Some(owned(ty))
}

fn borrowed(ty: &Type, reference: &syn::TypeReference, problems: &mut Problems) -> Option<Passing> {
    let of_bytes = matches!(types::peel(&reference.elem), Type::Slice(slice) if types::is(&slice.elem, "u8"));
    let of_text = types::is(&reference.elem, "str");
    let instead = match (&reference.lifetime, &reference.mutability) {
        (None, None) if of_text => return Some(Passing::Text),
        (None, None) if of_bytes => return Some(Passing::Bytes),
        (Some(_), None) if of_text => "write `&str`, which lives as long as the call",
        (Some(_), None) if of_bytes => "write `&[u8]`, which lives as long as the call",
        _ => "take it by value; only `&str` and `&[u8]` can be borrowed",
    };
    problems.at(ty, format!("an argument travels to its object: {instead}"));
    None
}

fn owned(ty: &Type) -> Passing {
    const FIXED: [&str; 16] = [
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize", "f32", "f64", "bool",
        "char",
    ];
    const PROVED: [&str; 3] = ["Duration", "Timestamp", "Uuid"];
    if types::is(ty, "String") {
        return Passing::String;
    }
    if let Some(inner) = types::optional(ty) {
        return match owned(inner) {
            Passing::String | Passing::Counted => Passing::Counted,
            other => other,
        };
    }
    let Some(named) = types::named(ty) else { return Passing::Carried };
    match named.arguments[..] {
        [] if FIXED.iter().any(|name| named.is(name)) => Passing::Fixed,
        [] if PROVED.iter().any(|name| named.is(name)) => Passing::Proved,
        [_] if named.is("Id") => Passing::Proved,
        [byte] if named.is("Vec") && types::is(byte, "u8") => Passing::Counted,
        _ => Passing::Carried,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn how(ty: Type) -> Result<Passing, String> {
        let mut problems = Problems::default();
        passing(&ty, &mut problems).ok_or_else(|| problems.sentences().concat())
    }

    #[test]
    fn every_type_has_its_way_of_travelling() {
        assert_eq!(how(parse_quote!(&str)), Ok(Passing::Text));
        assert_eq!(how(parse_quote!(&[u8])), Ok(Passing::Bytes));
        assert_eq!(how(parse_quote!(String)), Ok(Passing::String));
        assert_eq!(how(parse_quote!(u32)), Ok(Passing::Fixed));
        assert_eq!(how(parse_quote!(Option<Id<Message>>)), Ok(Passing::Proved));
        assert_eq!(how(parse_quote!(Option<String>)), Ok(Passing::Counted));
        assert_eq!(how(parse_quote!(Vec<String>)), Ok(Passing::Carried));
        assert_eq!(how(parse_quote!(Post)), Ok(Passing::Carried));
    }

    #[test]
    fn what_cannot_travel_says_what_to_write() {
        assert_eq!(
            how(parse_quote!(&Post)),
            Err("an argument travels to its object: take it by value; only `&str` and `&[u8]` can be borrowed".into())
        );
        assert_eq!(
            how(parse_quote!(Vec<Rc<u8>>)),
            Err("`Rc<u8>` can't be in an argument: arguments move between threads, so that they are `Send`; use `Arc`"
                .into())
        );
    }
}
