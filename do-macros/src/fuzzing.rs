//! The macros and the checks of SQL on any text, each as a function that takes a fuzzer's input: never a panic, and what is
//! written of an item that is Rust is Rust again.
//!
//! Compiled for `cargo fuzz` (which sets `cfg(fuzzing)`, and takes this crate's modules by their paths, because a crate of
//! macros gives nothing else to others) and for tests: the test below runs the inputs in `fuzz/corpus`.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{DeriveInput, Item, LitStr};

use crate::migrations::{Step, StepKind};
use crate::problems::Problems;
use crate::schema::{Class, Column, Schema, Table};
use crate::{
    carry, cron, derive, duration, item, kit_test, migrations, misplaced, query, raw, size, sql, sqlite, table,
};

/// A target: its name, which is that of its folder in `fuzz/corpus`, and the function.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// All targets of this crate.
pub(crate) const TARGETS: [Target; 7] = [
    ("macro_table", on_table),
    ("macro_object", on_object),
    ("macro_derive", on_derive),
    ("macro_query", on_query),
    ("macro_sql", on_sql),
    ("macro_migrations", on_migrations),
    ("macro_texts", on_texts),
];

/// The deepest nesting of an input: the compiler has its own limit.
const DEEPEST: usize = 40;

/// A text as the tokens of a program.
fn tokens(text: &str) -> Option<TokenStream> {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'<' | b'&' | b'*' | b'!' | b'-' => depth += 1,
            b')' | b']' | b'}' | b'>' | b',' | b';' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    (deepest <= DEEPEST).then(|| text.parse().ok())?
}

/// The first line as the arguments of an attribute, the rest as its item.
fn attribute(input: &[u8]) -> Option<(TokenStream, TokenStream)> {
    let text = std::str::from_utf8(input).ok()?;
    let (arguments, item) = text.split_once('\n').unwrap_or(("", text));
    Some((tokens(arguments)?, tokens(item)?))
}

/// What is written of an item is Rust, if the item was.
fn expands(item: TokenStream, expansion: TokenStream) {
    assert!(!expansion.is_empty() || item.is_empty());
    if syn::parse2::<Item>(item.clone()).is_ok_and(|item| !matches!(item, Item::Verbatim(_)))
        && let Err(error) = syn::parse2::<syn::File>(expansion.clone())
    {
        panic!("{item}\nbecomes no Rust ({error}):\n{expansion}");
    }
}

fn on_table(input: &[u8]) {
    let Some((arguments, item)) = attribute(input) else { return };
    expands(item.clone(), table::expand(arguments, item));
}

fn on_object(input: &[u8]) {
    let Some((arguments, item)) = attribute(input) else { return };
    // A file that the item names is none of the fuzzer's.
    if mentions(&arguments, "file") {
        return;
    }
    expands(item.clone(), item::durable_object(arguments.clone(), item.clone()));
    expands(item.clone(), kit_test::expand(arguments, item.clone()));
    expands(item.clone(), misplaced::expand("rpc", item));
}

fn mentions(tokens: &TokenStream, word: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => mentions(&group.stream(), word),
        _ => false,
    })
}

fn on_derive(input: &[u8]) {
    let Some((_, item)) = attribute(input) else { return };
    let Ok(parsed) = syn::parse2::<DeriveInput>(item.clone()) else { return };
    expands(item.clone(), derive::column::expand(&parsed));
    expands(item.clone(), derive::row::expand(&parsed));
    expands(item, derive::rpc_error::expand(&parsed));
}

/// What the macros hand on to each other, which a user may write as well.
fn on_query(input: &[u8]) {
    let Some(input) = std::str::from_utf8(input).ok().and_then(tokens) else { return };
    if !mentions(&input, "file") {
        let _ = carry::freeze::expand(input.clone());
        let _ = query::expand(input);
    }
}

const MESSAGE: &str =
    "CREATE TABLE message (id INTEGER PRIMARY KEY, author TEXT NOT NULL, score REAL, file BLOB, mood ANY,
    at INTEGER NOT NULL) STRICT;
CREATE INDEX message_author ON message (author, at);
CREATE VIRTUAL TABLE message_search USING fts5(author, content='message', content_rowid='id');";

/// A statement over a table.
fn on_sql(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for token in sqlite::lexer::lex(text) {
        assert_eq!(text.get(token.at..token.at + token.text.len()), Some(token.text));
        assert!(token.name().is_none_or(|name| name.len() <= token.text.len()));
    }
    let schema = schema(MESSAGE, true);
    match sqlite::check(&schema, text) {
        Ok(checked) => {
            for place in checked.params.iter().flat_map(|param| &param.places) {
                assert!(text.is_char_boundary(*place));
            }
            let _ = sqlite::parameters(text);
        }
        Err(message) => assert!(!message.is_empty()),
    }
}

fn schema(ddl: &str, expires: bool) -> Schema {
    let column =
        |name: &str, class, nullable| Column { name: name.to_owned(), class, nullable, field: Some(name.to_owned()) };
    let columns = vec![
        column("id", Some(Class::Integer), false),
        column("author", Some(Class::Text), false),
        column("score", Some(Class::Real), true),
        column("file", Some(Class::Blob), true),
        column("mood", None, true),
        column("at", Some(Class::Integer), false),
    ];
    let (rust, name) = ("Message".to_owned(), "message".to_owned());
    Schema { object: "Room".to_owned(), tables: vec![Table { rust, name, columns, ddl: ddl.to_owned(), expires }] }
}

/// The tables that are declared, and after each line of `--` the SQL of a step.
fn on_migrations(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut parts = text.split("\n--\n");
    let declared = parts.next().unwrap_or_default();
    let steps: Vec<Step> = parts
        .zip(1..)
        .map(|(text, version)| Step {
            version,
            at: Span::call_site(),
            kind: StepKind::Sql { text: text.to_owned(), span: Span::call_site() },
        })
        .collect();
    for (_, message) in migrations::check(&schema(declared, false), &steps) {
        assert!(!message.is_empty());
    }
}

/// What stands in attributes as a text, and texts as literals.
fn on_texts(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let literal = LitStr::new(&text, Span::call_site());
    let mut problems = Problems::default();
    cron::check(&literal, &mut problems);
    assert!(duration::millis(&literal, &mut problems) != Some(0));
    assert!(size::bytes(&literal, &mut problems) != Some(0));
    let raw: LitStr = syn::parse_str(&raw::literal(&text).to_string()).expect("a literal is a literal");
    assert_eq!(raw.value(), text);
    let quoted = sql::quote::text(&text);
    assert_eq!(quoted[1..quoted.len() - 1].replace("''", "'"), text);
    let name = sql::quote::name(&text);
    if !text.contains('\0') && !text.is_empty() {
        let tokens = sqlite::lexer::lex(&name);
        assert_eq!(tokens.iter().filter_map(sqlite::lexer::Token::name).collect::<Vec<_>>(), [text.as_ref()]);
    }
    let _ = sql::quote::snake_case(&text);
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::path::Path;

    /// Each input that was found worth keeping, on any compiler.
    #[test]
    fn the_corpus_of_each_target_is_taken() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        for (name, target) in super::TARGETS {
            let files: Vec<_> = std::fs::read_dir(corpus.join(name)).expect("each target has a corpus").collect();
            assert!(!files.is_empty(), "{name} has no inputs");
            for file in files {
                let path = file.expect("a folder can be listed").path();
                let input = std::fs::read(&path).expect("an input can be read");
                assert!(catch_unwind(|| target(&input)).is_ok(), "{name} fails on {}", path.display());
            }
        }
    }
}
