//! The statements of a step, each with its place, and SQL in one spelling for comparing.

use crate::sql::quote;
use crate::sqlite::lexer::{self, Kind, Token};

/// One statement of a step.
pub(super) struct Statement<'a> {
    /// Its text, without what is before and after it.
    pub(super) text: &'a str,
    /// Where it begins in the step, in bytes.
    pub(super) at: usize,
    /// Its words, with their places in `text`.
    pub(super) tokens: Vec<Token<'a>>,
}

impl Statement<'_> {
    /// Whether it makes a part of the full text, in the statements of declared tables.
    pub(super) fn is_of_full_text(&self) -> bool {
        is_trigger(&self.tokens)
            || matches!(self.tokens.as_slice(), [create, kind, ..] if create.is("CREATE") && kind.is("VIRTUAL"))
    }
}

/// The statements, split as SQLite's shell does it: a trigger ends with `; END ;`.
pub(super) fn split(sql: &str) -> Vec<Statement<'_>> {
    let tokens = lexer::lex(sql);
    let mut statements = Vec::new();
    let mut begin = 0;
    for (position, token) in tokens.iter().enumerate() {
        if !token.is(";") {
            continue;
        }
        let so_far = &tokens[begin..position];
        let in_trigger = is_trigger(so_far) && !matches!(so_far, [.., before, end] if before.is(";") && end.is("END"));
        if !in_trigger {
            statements.extend(statement(sql, so_far));
            begin = position + 1;
        }
    }
    statements.extend(statement(sql, &tokens[begin..]));
    statements
}

fn statement<'a>(sql: &'a str, tokens: &[Token<'a>]) -> Option<Statement<'a>> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let text = &sql[first.at..last.at + last.text.len()];
    Some(Statement { text, at: first.at, tokens: lexer::lex(text) })
}

fn is_trigger(tokens: &[Token<'_>]) -> bool {
    let kind = tokens.iter().skip(1).find(|token| !token.is_any(&["TEMP", "TEMPORARY"]));
    tokens.first().is_some_and(|first| first.is("CREATE")) && kind.is_some_and(|kind| kind.is("TRIGGER"))
}

/// Tokens in one spelling: words in lower case, names without needless quotes, one space between two tokens
/// but for the insides of parentheses and lists.
pub(super) fn normal(tokens: &[Token<'_>]) -> String {
    let mut text = String::new();
    for token in tokens {
        let is_close = text.is_empty() || text.ends_with('(') || token.is(")") || token.is(",");
        if !is_close {
            text.push(' ');
        }
        text.push_str(&normal_token(token));
    }
    text
}

fn normal_token(token: &Token<'_>) -> String {
    match (token.kind, token.name()) {
        (Kind::Word, _) => token.text.to_ascii_lowercase(),
        (Kind::Quoted, Some(name)) => quote::name(&name.to_ascii_lowercase()),
        _ if token.text == "!=" => "<>".to_owned(),
        _ if token.text == "==" => "=".to_owned(),
        _ => token.text.to_owned(),
    }
}

/// A text of SQL in one spelling, without parentheses around the whole.
pub(super) fn normal_expression(sql: &str) -> String {
    let tokens = lexer::lex(sql);
    let mut inner = tokens.as_slice();
    while let [first, middle @ .., last] = inner
        && first.is("(")
        && last.is(")")
        && middle.iter().all(|token| token.depth > first.depth)
    {
        inner = middle;
    }
    normal(inner)
}
