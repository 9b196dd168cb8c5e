//! Taking our attributes off an item that could not be read, so that they are not further errors.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Attribute, Ident, Meta};

use crate::options;
use crate::problems::Problems;
use crate::suggest;

/// The attributes that only our macros know.
const OURS: [&str; 14] = [
    "key",
    "default",
    "references",
    "unique",
    "index",
    "column",
    "stored",
    "ephemeral",
    "rpc",
    "alarm",
    "init",
    "authorize",
    "websocket",
    "fetch",
];

/// The tokens without our attributes.
pub(crate) fn attributes(tokens: TokenStream) -> TokenStream {
    let mut kept = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match (&token, tokens.peek()) {
            (TokenTree::Punct(pound), Some(TokenTree::Group(group))) if pound.as_char() == '#' && is_ours(group) => {
                tokens.next();
            }
            (TokenTree::Group(group), _) => {
                let mut inner = Group::new(group.delimiter(), attributes(group.stream()));
                inner.set_span(group.span());
                kept.extend([TokenTree::Group(inner)]);
            }
            _ => kept.extend([token]),
        }
    }
    kept
}

fn is_ours(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if OURS.iter().any(|our| name == our))
}

/// Takes the attributes of these names off, and gives them in order. One that is spelt almost like one of them, or
/// that belongs elsewhere, is a problem.
pub(crate) fn take(
    attributes: &mut Vec<Attribute>,
    known: &'static [&'static str],
    elsewhere: &[(&str, &str)],
    problems: &mut Problems,
) -> Vec<Attribute> {
    let mut taken: Vec<Attribute> = Vec::new();
    attributes.retain(|attribute| {
        let name = options::name_of(attribute);
        if known.iter().any(|known| options::is(attribute, known)) {
            if taken.iter().any(|earlier| options::name_of(earlier) == name) {
                problems.at(attribute, format!("`#[{name}]` is there already: write it once"));
            } else {
                taken.push(attribute.clone());
            }
            return false;
        }
        if let Some((_, message)) = elsewhere.iter().find(|(other, _)| options::is(attribute, other)) {
            problems.at(attribute, message);
            return false;
        }
        let a_slip = attribute.path().get_ident().is_some() && !is_built_in(&name);
        match suggest::closest(&name, known.iter().copied()).filter(|_| a_slip) {
            Some(meant) => {
                problems.at(attribute.path(), format!("there is no attribute `{name}` here: did you mean `{meant}`?"));
                taken.extend(renamed(attribute, meant));
                false
            }
            None => true,
        }
    });
    taken
}

/// The attribute as it was meant, so that its absence is not another problem.
fn renamed(attribute: &Attribute, name: &str) -> Option<Attribute> {
    let mut renamed = attribute.clone();
    let path = match &mut renamed.meta {
        Meta::Path(path) => path,
        Meta::List(list) => &mut list.path,
        Meta::NameValue(pair) => &mut pair.path,
    };
    let segment = path.segments.last_mut()?;
    segment.ident = Ident::new(name, segment.ident.span());
    Some(renamed)
}

/// Attributes of Rust and of much used derives, which are nobody's slip.
fn is_built_in(name: &str) -> bool {
    const BUILT_IN: [&str; 16] = [
        "allow",
        "cfg",
        "cfg_attr",
        "cold",
        "deny",
        "deprecated",
        "derive",
        "doc",
        "expect",
        "forbid",
        "inline",
        "must_use",
        "serde",
        "track_caller",
        "warn",
        "error",
    ];
    BUILT_IN.contains(&name)
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::{Field, parse_quote};

    use super::*;

    #[test]
    fn only_our_attributes_are_taken_off() {
        let stripped = attributes(quote!(
            struct S {
                #[key]
                #[serde(skip)]
                a: u8,
                #[default(now)]
                b: u8,
            }
        ));
        assert_eq!(
            stripped.to_string(),
            quote!(
                struct S {
                    #[serde(skip)]
                    a: u8,
                    b: u8,
                }
            )
            .to_string()
        );
    }

    #[test]
    fn a_slip_is_a_problem_and_a_stranger_is_not() {
        let mut field: Field = parse_quote!(#[defualt(now)] #[serde(skip)] #[tracked] at: u8);
        let mut problems = Problems::default();
        let taken = take(&mut field.attrs, &["key", "default"], &[], &mut problems);
        assert_eq!(taken.len(), 1);
        assert!(taken[0].path().is_ident("default"));
        assert_eq!(field.attrs.len(), 2);
        assert_eq!(problems.sentences(), ["there is no attribute `defualt` here: did you mean `default`?"]);
    }
}
