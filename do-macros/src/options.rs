//! The lists of options in attributes: `name = value`, `name(…)` and bare words, separated by commas.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, Meta};

use crate::problems::Problems;
use crate::suggest;

/// One option as it was written.
pub(crate) struct Opt {
    /// Its name, raw or not.
    pub(crate) name: Ident,
    /// What follows the name.
    pub(crate) value: OptValue,
}

/// What follows the name of an option.
pub(crate) enum OptValue {
    /// Nothing: `json`.
    Word,
    /// `= tokens`; never empty.
    Assigned(TokenStream),
    /// `(tokens)`.
    List(Group),
}

/// Where a list of options stands, for messages.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// `#[table]`, `limits`.
    pub(crate) what: &'static str,
    /// The options that there are.
    pub(crate) known: &'static [&'static str],
}

impl Opt {
    /// The name without `r#`.
    pub(crate) fn key(&self) -> String {
        self.name.unraw().to_string()
    }

    /// The value of `name = "…"`, or a problem that shows how to write it.
    pub(crate) fn text(&self, example: &str, problems: &mut Problems) -> Option<LitStr> {
        let key = self.key();
        match &self.value {
            OptValue::Assigned(tokens) => match syn::parse2::<LitStr>(tokens.clone()) {
                Ok(text) => return Some(text),
                Err(_) => problems.at(tokens, format!("`{key}` takes a text: write `{key} = {example}`")),
            },
            _ => problems.at(self, format!("`{key}` takes a text: write `{key} = {example}`")),
        }
        None
    }

    /// A problem, if the option has a value.
    pub(crate) fn word(&self, problems: &mut Problems) {
        if !matches!(self.value, OptValue::Word) {
            let key = self.key();
            problems.at(self, format!("`{key}` takes no value: write `{key}` alone"));
        }
    }

    /// The problem of an option that there is not.
    pub(crate) fn unknown(&self, place: Place, problems: &mut Problems) {
        let key = self.key();
        let Place { what, known } = place;
        let message = match (suggest::closest(&key, known.iter().copied()), known) {
            (_, []) => format!("{what} takes no options: remove `{key}`"),
            (Some(meant), _) => format!("{what} has no option `{key}`: did you mean `{meant}`?"),
            (None, [only]) => format!("{what} has no option `{key}`: its only one is `{only}`"),
            (None, _) => format!("{what} has no option `{key}`: its options are {}", suggest::listed(known)),
        };
        problems.at(&self.name, message);
    }
}

impl ToTokens for Opt {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.name.to_tokens(tokens);
        match &self.value {
            OptValue::Word => {}
            OptValue::Assigned(value) => value.to_tokens(tokens),
            OptValue::List(group) => group.to_tokens(tokens),
        }
    }
}

/// Whether an option may be written more than once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Each at most once.
    Refused,
    /// These may be repeated.
    Allowed(&'static [&'static str]),
}

/// Reads a list of options. What can't be read, an option that there is not, and one that is repeated without leave
/// are problems and left out.
pub(crate) fn read(tokens: TokenStream, place: Place, repeat: Repeat, problems: &mut Problems) -> Vec<Opt> {
    let mut options: Vec<Opt> = Vec::new();
    for piece in split(tokens) {
        let Some(option) = read_one(piece, place, problems) else { continue };
        let key = option.key();
        if !place.known.contains(&key.as_str()) {
            option.unknown(place, problems);
            continue;
        }
        let may_repeat = matches!(repeat, Repeat::Allowed(names) if names.contains(&key.as_str()));
        if !may_repeat && options.iter().any(|earlier| earlier.key() == key) {
            problems.at(&option.name, format!("`{key}` is there already: write it once"));
            continue;
        }
        options.push(option);
    }
    options
}

fn read_one(piece: Vec<TokenTree>, place: Place, problems: &mut Problems) -> Option<Opt> {
    let mut tokens = piece.into_iter();
    let name = match tokens.next() {
        Some(TokenTree::Ident(name)) => name,
        Some(other) => {
            let expected = match place.known {
                [] => format!("{} takes no options", place.what),
                known => format!("write an option of {} here: {}", place.what, suggest::listed(known)),
            };
            problems.at(&other, expected);
            return None;
        }
        None => return None,
    };
    let value = match tokens.next() {
        None => OptValue::Word,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            if let Some(extra) = tokens.next() {
                problems.at(&extra, "write a comma between two options");
                return None;
            }
            OptValue::List(group)
        }
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {
            let value: TokenStream = tokens.collect();
            if value.is_empty() {
                problems.at(&equals, format!("write a value after `{name} =`"));
                return None;
            }
            OptValue::Assigned(value)
        }
        Some(other) => {
            problems.at(&other, format!("after `{name}` comes `=`, a list in parentheses, or a comma"));
            return None;
        }
    };
    Some(Opt { name, value })
}

/// The tokens between the commas.
pub(crate) fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut pieces = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => pieces.push(Vec::new()),
            _ => pieces.last_mut().into_iter().for_each(|piece| piece.push(token.clone())),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The tokens in the parentheses of an attribute; none if it has none. `#[name = value]` is a problem.
pub(crate) fn arguments(attribute: &Attribute, problems: &mut Problems) -> TokenStream {
    match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(pair) => {
            let name = name_of(attribute);
            problems.at_span(pair.eq_token.span(), format!("write `#[{name}(…)]`, with parentheses"));
            TokenStream::new()
        }
    }
}

/// A problem, if an attribute has arguments.
pub(crate) fn no_arguments(attribute: &Attribute, problems: &mut Problems) {
    let name = name_of(attribute);
    match &attribute.meta {
        Meta::Path(_) => {}
        Meta::List(list) => problems.at(&list.tokens.clone().or_all(list), format!("`#[{name}]` takes no options")),
        Meta::NameValue(pair) => problems.at(&pair.value, format!("`#[{name}]` takes no value")),
    }
}

/// The last segment of an attribute's path.
pub(crate) fn name_of(attribute: &Attribute) -> String {
    attribute.path().segments.last().map(|segment| segment.ident.unraw().to_string()).unwrap_or_default()
}

/// Whether an attribute is this one of ours, written alone or after `do_runtime::`.
pub(crate) fn is(attribute: &Attribute, name: &str) -> bool {
    let path = attribute.path();
    match path.segments.len() {
        1 => path.is_ident(name),
        2 => path.segments[0].ident == "do_runtime" && path.segments[1].ident == name,
        _ => false,
    }
}

/// The value of the only option of an attribute, an expression in which commas may stand: `default = f(a, b)`.
pub(crate) fn only_expression(
    attribute: &Attribute,
    option: &'static str,
    problems: &mut Problems,
) -> Option<syn::Expr> {
    let name = name_of(attribute);
    let tokens = arguments(attribute, problems);
    let mut rest = tokens.clone().into_iter();
    let first = rest.next()?;
    match &first {
        TokenTree::Ident(word) if word == option => {}
        TokenTree::Ident(word) => {
            let meant = suggest::closest(&word.to_string(), [option]);
            let message = match meant {
                Some(_) => format!("`#[{name}]` has no option `{word}`: did you mean `{option}`?"),
                None => format!("`#[{name}]` has no option `{word}`: its only one is `{option} = …`"),
            };
            problems.at(word, message);
            return None;
        }
        other => {
            problems.at(other, format!("write `#[{name}({option} = …)]`"));
            return None;
        }
    }
    match rest.next() {
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {}
        other => {
            let at = other.unwrap_or(first);
            problems.at(&at, format!("write `#[{name}({option} = …)]`"));
            return None;
        }
    }
    expression(rest.collect(), attribute.path().span(), &format!("`#[{name}({option} = …)]`"), problems)
}

/// An expression, or a problem that shows where one is to be written.
pub(crate) fn expression(
    tokens: TokenStream,
    or_at: Span,
    example: &str,
    problems: &mut Problems,
) -> Option<syn::Expr> {
    if tokens.is_empty() {
        problems.at_span(or_at, format!("write an expression in {example}"));
        return None;
    }
    match syn::parse2(tokens.clone()) {
        Ok(expression) => Some(expression),
        Err(_) => {
            problems.at(&tokens, format!("this is not an expression, as {example} takes one"));
            None
        }
    }
}

/// Tokens, or something else to point at if there are none.
trait OrAll {
    fn or_all(self, all: &impl ToTokens) -> TokenStream;
}

impl OrAll for TokenStream {
    fn or_all(self, all: &impl ToTokens) -> TokenStream {
        if self.is_empty() { all.to_token_stream() } else { self }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    const PLACE: Place = Place { what: "`#[table]`", known: &["name", "index"] };

    fn problems_of(tokens: TokenStream) -> Vec<String> {
        let mut problems = Problems::default();
        read(tokens, PLACE, Repeat::Allowed(&["index"]), &mut problems);
        problems.sentences()
    }

    #[test]
    fn all_forms_are_read() {
        let mut problems = Problems::default();
        let tokens = quote!(name = "a", index = (a, b), index(c, where = "x"));
        let options = read(tokens, PLACE, Repeat::Allowed(&["index"]), &mut problems);
        assert_eq!(options.iter().map(Opt::key).collect::<Vec<_>>(), ["name", "index", "index"]);
        assert!(problems.is_empty());
    }

    #[test]
    fn an_unknown_option_names_the_nearest_one() {
        assert_eq!(problems_of(quote!(idnex = a)), ["`#[table]` has no option `idnex`: did you mean `index`?"]);
        assert_eq!(
            problems_of(quote!(colour = red)),
            ["`#[table]` has no option `colour`: its options are `name` and `index`"]
        );
    }

    #[test]
    fn every_mistake_of_a_list_is_reported() {
        assert_eq!(
            problems_of(quote!(name = "a", name = "b", index =, 3, index[a])),
            [
                "`name` is there already: write it once",
                "write a value after `index =`",
                "write an option of `#[table]` here: `name` and `index`",
                "after `index` comes `=`, a list in parentheses, or a comma",
            ]
        );
    }
}
