//! Reads the steps as they are written.

use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{LitInt, LitStr};

use super::{Step, StepKind};
use crate::options;
use crate::problems::Problems;
use crate::suggest;

const FORMS: &str = "a text, `file(\"migrations/1.sql\")` or `backfill(function)`";

/// The steps in the parentheses of `migrations(…)`. Every mistake is a problem at its token.
pub(crate) fn steps(list: TokenStream, problems: &mut Problems) -> Vec<Step> {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    steps_beside(&folder, list, problems)
}

/// The steps, with files looked for in `folder`.
pub(super) fn steps_beside(folder: &Path, list: TokenStream, problems: &mut Problems) -> Vec<Step> {
    let pieces = options::split(flat(list)).into_iter();
    pieces.zip(1..).filter_map(|(piece, version)| step(folder, piece, version, problems)).collect()
}

/// Without the invisible groups that a `macro_rules!` puts around what it passes on.
fn flat(tokens: TokenStream) -> TokenStream {
    let unwrapped = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => flat(group.stream()),
        other => other.into(),
    });
    unwrapped.collect()
}

fn step(folder: &Path, piece: Vec<TokenTree>, expected: u32, problems: &mut Problems) -> Option<Step> {
    let mut tokens = piece.into_iter();
    let first = tokens.next()?;
    let Ok(number) = syn::parse2::<LitInt>(first.clone().into()) else {
        problems.at(&first, format!("a step begins with its number: write `{expected} = \"…\"`"));
        return None;
    };
    let in_order = number.base10_parse::<u32>().is_ok_and(|version| version == expected);
    if !in_order {
        problems.at(&number, format!("migrations count 1, 2, 3, …: write {expected} here"));
    }
    match tokens.next() {
        Some(TokenTree::Punct(equals)) if equals.as_char() == '=' => {}
        other => {
            let at = other.unwrap_or(first);
            problems.at(&at, format!("write `{expected} = ` and then {FORMS}"));
            return None;
        }
    }
    let kind = kind(folder, tokens.collect(), number.span(), problems)?;
    in_order.then(|| Step { version: expected, at: number.span(), kind })
}

fn kind(folder: &Path, value: Vec<TokenTree>, number: Span, problems: &mut Problems) -> Option<StepKind> {
    match value.as_slice() {
        [] => problems.at_span(number, format!("a step is {FORMS}")),
        [TokenTree::Punct(arrow), ..] if arrow.as_char() == '>' => {
            problems.at(arrow, "write `=` between the number and the step instead of `=>`");
        }
        [TokenTree::Literal(literal)] => match syn::parse2::<LitStr>(TokenTree::from(literal.clone()).into()) {
            Ok(text) => return sql(&text, problems),
            Err(_) => problems.at(literal, format!("a step is {FORMS}")),
        },
        [TokenTree::Ident(word), TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
            return called(folder, word, group, problems);
        }
        [TokenTree::Ident(word)] if word == "file" => {
            problems.at(word, "write the file's path in parentheses: `file(\"migrations/1.sql\")`");
        }
        [TokenTree::Ident(word)] if word == "backfill" => {
            problems.at(word, "write the function in parentheses: `backfill(function)`");
        }
        [TokenTree::Literal(_), extra, ..] | [TokenTree::Ident(_), TokenTree::Group(_), extra, ..] => {
            problems.at(extra, "write a comma between two steps");
        }
        [other, ..] => problems.at(other, format!("a step is {FORMS}")),
    }
    None
}

fn sql(text: &LitStr, problems: &mut Problems) -> Option<StepKind> {
    if text.value().trim().is_empty() {
        problems.at(text, "this step is empty: write its SQL");
        return None;
    }
    Some(StepKind::Sql { text: text.value(), span: text.span() })
}

fn called(folder: &Path, word: &Ident, group: &Group, problems: &mut Problems) -> Option<StepKind> {
    match word.to_string().as_str() {
        "file" => file(folder, word, group, problems),
        "backfill" => match syn::Path::parse_mod_style.parse2(group.stream()) {
            Ok(function) => Some(StepKind::Backfill(function)),
            Err(_) => {
                problems.at(&or_word(group, word), "write the name of a function: `backfill(function)`");
                None
            }
        },
        unknown => {
            let known = suggest::instead_of(unknown, &["file", "backfill"]);
            problems.at(word, format!("there is no step `{unknown}(…)`{known}"));
            None
        }
    }
}

fn file(folder: &Path, word: &Ident, group: &Group, problems: &mut Problems) -> Option<StepKind> {
    const EXAMPLE: &str = "write the file's path as a text: `file(\"migrations/1.sql\")`";
    let Ok(literal) = syn::parse2::<LitStr>(group.stream()) else {
        problems.at(&or_word(group, word), EXAMPLE);
        return None;
    };
    let path = literal.value();
    if path.trim().is_empty() {
        problems.at(&literal, EXAMPLE);
        return None;
    }
    if Path::new(&path).is_absolute() {
        problems.at(&literal, "write the path relative to the folder of the crate's Cargo.toml");
        return None;
    }
    let place = folder.join(&path);
    match std::fs::read_to_string(&place) {
        Ok(text) if text.trim().is_empty() => problems.at(&literal, "this file is empty: write the step's SQL in it"),
        Ok(text) => return Some(StepKind::File { path, text, span: literal.span() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => problems.at(
            &literal,
            format!(
                "there is no file {}: the path is relative to the folder of the crate's Cargo.toml",
                place.display()
            ),
        ),
        Err(error) => problems.at(&literal, format!("{} can't be read: {error}", place.display())),
    }
    None
}

/// What is in the parentheses, or the word before them if there is nothing.
fn or_word(group: &Group, word: &Ident) -> TokenStream {
    if group.stream().is_empty() { TokenTree::from(word.clone()).into() } else { group.stream() }
}
