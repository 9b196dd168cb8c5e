//! `#[rpc_error(status = 429, retry_after = wait)]`: what an error, or a variant of one, is over HTTP.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Fields, Ident, LitInt, Member};

use crate::options::{self, Opt, OptValue, Place, Repeat};
use crate::problems::Problems;
use crate::suggest;

const ATTRIBUTE: Place = Place { what: "`#[rpc_error]`", known: &["status", "retry_after"] };

/// What an attribute stands above.
#[derive(Clone, Copy)]
pub(super) struct Case<'i> {
    pub(super) ident: &'i Ident,
    /// None of an enum as a whole.
    pub(super) fields: Option<&'i Fields>,
}

/// What is said of it.
#[derive(Default)]
pub(super) struct Answered {
    pub(super) status: Option<u16>,
    pub(super) wait: Option<WaitField>,
}

/// A field that says how long to wait.
pub(super) struct WaitField {
    member: Member,
    written: Span,
}

impl WaitField {
    /// What it says, as an expression. A type that says nothing of the kind is an error where the field is named.
    pub(super) fn called(&self, field: TokenStream) -> TokenStream {
        let at = self.written;
        let field = field.into_iter().map(|mut token| {
            token.set_span(at);
            token
        });
        let field: TokenStream = field.collect();
        quote_spanned!(at=> ::do_runtime::__private::retry_after(#field))
    }
}

impl ToTokens for WaitField {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.member.to_tokens(tokens);
    }
}

/// Reads the attributes above a case, and finds those that are above its fields.
pub(super) fn read(attributes: &[Attribute], case: Case<'_>, common: Option<u16>, problems: &mut Problems) -> Answered {
    for attribute in case.fields.into_iter().flatten().flat_map(|field| &field.attrs).filter(|it| is_ours(it)) {
        problems.at(attribute, format!("`#[rpc_error]` goes above the field's `{}`", case.ident));
    }
    let mut answered = Answered { status: common, wait: None };
    let mut tokens = TokenStream::new();
    for attribute in attributes.iter().filter(|it| is_ours(it)) {
        let arguments = options::arguments(attribute, problems);
        if arguments.is_empty() {
            problems.at(attribute, "say what it is over HTTP: write `#[rpc_error(status = 409)]`");
        }
        tokens.extend(quote!(#arguments,));
    }
    for option in options::read(tokens, ATTRIBUTE, Repeat::Refused, problems) {
        match option.key().as_str() {
            "status" => answered.status = status(&option, problems).or(answered.status),
            _ => answered.wait = wait(&option, case, problems),
        }
    }
    if let (None, Some(wait)) = (answered.status, &answered.wait)
        && problems.is_empty()
    {
        problems.at(wait, "`retry_after` goes with a status: write `status = 429` before it");
    }
    answered
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("rpc_error")
}

fn status(option: &Opt, problems: &mut Problems) -> Option<u16> {
    let OptValue::Assigned(tokens) = &option.value else {
        problems.at(option, "`status` takes a number: write `status = 409`");
        return None;
    };
    let Ok(number) = syn::parse2::<LitInt>(tokens.clone()) else {
        problems.at(tokens, "`status` takes a number: write `status = 409`");
        return None;
    };
    match number.base10_parse() {
        Ok(status @ 400..=599) => Some(status),
        _ => {
            problems.at(&number, "the status of an error is from 400 to 599");
            None
        }
    }
}

fn wait(option: &Opt, case: Case<'_>, problems: &mut Problems) -> Option<WaitField> {
    let OptValue::Assigned(tokens) = &option.value else {
        problems.at(option, "`retry_after` names a field: write `retry_after = wait`");
        return None;
    };
    let Ok(member) = syn::parse2::<Member>(tokens.clone()) else {
        problems.at(tokens, "`retry_after` names a field that says how long to wait: write `retry_after = wait`");
        return None;
    };
    let Some(fields) = case.fields else {
        problems.at(tokens, "`retry_after` names a field of a variant: write it above the variant");
        return None;
    };
    if !fields.members().any(|field| field == member) {
        let wrong = shown(&member);
        let known: Vec<String> = fields.members().map(|field| shown(&field)).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let instead = if known.is_empty() { String::new() } else { suggest::instead_of(&wrong, &known) };
        problems.at(tokens, format!("`{}` has no field `{wrong}`{instead}", case.ident));
        return None;
    }
    Some(WaitField { member, written: tokens.span() })
}

fn shown(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
