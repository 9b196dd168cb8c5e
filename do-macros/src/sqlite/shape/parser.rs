//! A walk over the tokens of a statement.

use super::{Body, Cte, Select, Statement};
use crate::sqlite::lexer::{Kind, Token};

/// How deeply expressions and selects may be nested; SQLite has limits of its own.
pub(super) const DEEPEST: usize = 100;

pub(super) struct Parser<'a> {
    tokens: &'a [Token<'a>],
    position: usize,
    depth: usize,
}

/// The tree of a statement, if it is of a kind that is understood.
pub(in crate::sqlite) fn parse(tokens: &[Token<'_>]) -> Option<Statement> {
    let mut parser = Parser { tokens, position: 0, depth: 0 };
    let ctes = parser.ctes()?;
    let body = match parser.peek()? {
        first if first.is_any(&["INSERT", "REPLACE"]) => Body::Insert(parser.insert()?),
        first if first.is("UPDATE") => Body::Update(parser.update()?),
        first if first.is("DELETE") => Body::Delete(parser.delete()?),
        _ => Body::Select(parser.select()?),
    };
    while parser.take(";") {}
    parser.peek().is_none().then_some(Statement { ctes, body })
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<Token<'a>> {
        self.tokens.get(self.position + ahead).copied()
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        let token = self.peek()?;
        self.position += 1;
        Some(token)
    }

    pub(super) fn sees(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is(word))
    }

    pub(super) fn sees_any(&self, words: &[&str]) -> bool {
        self.peek().is_some_and(|token| token.is_any(words))
    }

    /// Whether these words follow.
    pub(super) fn sees_all(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.peek_at(ahead).is_some_and(|token| token.is(word)))
    }

    /// Goes past a word, if it is there.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let seen = self.sees(word);
        self.position += usize::from(seen);
        seen
    }

    pub(super) fn take_all(&mut self, words: &[&str]) -> bool {
        let seen = self.sees_all(words);
        self.position += if seen { words.len() } else { 0 };
        seen
    }

    pub(super) fn need(&mut self, word: &str) -> Option<()> {
        self.take(word).then_some(())
    }

    pub(super) fn name(&mut self) -> Option<String> {
        let name = self.peek()?.name()?;
        self.position += 1;
        Some(name)
    }

    /// A name, and where it is.
    pub(super) fn placed_name(&mut self) -> Option<(String, usize)> {
        let at = self.peek()?.at;
        Some((self.name()?, at))
    }

    /// A list in which commas stand.
    pub(super) fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut all = vec![one(self)?];
        while self.take(",") {
            all.push(one(self)?);
        }
        Some(all)
    }

    /// Goes past what is in the parentheses that open here, and tells its tokens.
    pub(super) fn skip_parentheses(&mut self) -> Option<&'a [Token<'a>]> {
        let open = self.peek().filter(|token| token.is("("))?;
        let inner = &self.tokens[self.position + 1..];
        let length = inner.iter().position(|token| token.is(")") && token.depth == open.depth)?;
        self.position += length + 2;
        Some(&inner[..length])
    }

    /// What is in the parentheses of a window that is declared further on.
    pub(super) fn window(&self, name: &str) -> Option<&'a [Token<'a>]> {
        let rest = &self.tokens[self.position..];
        let is_it = |four: &[Token<'a>]| {
            let called = four[1].name().is_some_and(|known| known.eq_ignore_ascii_case(name));
            four[0].is_any(&["WINDOW", ","]) && called && four[2].is("AS") && four[3].is("(")
        };
        let open = rest.windows(4).position(is_it)? + 3;
        let inner = &rest[open + 1..];
        let length = inner.iter().position(|token| token.is(")") && token.depth == rest[open].depth)?;
        Some(&inner[..length])
    }

    /// Runs one level deeper.
    pub(super) fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// An alias: after AS anything, else what no clause begins with.
    pub(super) fn alias(&mut self) -> Option<String> {
        let spelled = self.take("AS");
        let token = self.peek()?;
        let is_alias = spelled
            || token.kind == Kind::Quoted
            || token.kind == Kind::Text
            || token.kind == Kind::Word && !token.is_any(&AFTER_AN_ITEM);
        if !is_alias {
            return None;
        }
        self.position += 1;
        token.name().or_else(|| Some(token.text.trim_matches('\'').to_owned()))
    }

    pub(super) fn ctes(&mut self) -> Option<Vec<Cte>> {
        if !self.take("WITH") {
            return Some(Vec::new());
        }
        self.take("RECURSIVE");
        self.list(|parser| {
            let name = parser.name()?;
            let columns = if parser.take("(") {
                let columns = parser.list(Parser::name)?;
                parser.need(")")?;
                columns
            } else {
                Vec::new()
            };
            parser.need("AS")?;
            parser.take("NOT");
            parser.take("MATERIALIZED");
            parser.need("(")?;
            let select: Select = parser.nested(Parser::select)?;
            parser.need(")")?;
            Some(Cte { name, columns, select })
        })
    }
}

/// What follows an item or a table and is no alias.
const AFTER_AN_ITEM: [&str; 30] = [
    "FROM",
    "WHERE",
    "GROUP",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "HAVING",
    "WINDOW",
    "RETURNING",
    "JOIN",
    "LEFT",
    "RIGHT",
    "FULL",
    "INNER",
    "CROSS",
    "NATURAL",
    "OUTER",
    "ON",
    "USING",
    "SET",
    "INDEXED",
    "NOT",
    "VALUES",
    "SELECT",
    "DO",
    "DEFAULT",
    "AND",
];
