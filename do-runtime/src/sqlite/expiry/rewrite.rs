//! Rewrites a statement of a user's so that it sees the tables of its class without what has expired and what is hidden.
//!
//! It knows no grammar but the outline of a statement: whatever it does not understand it leaves to SQLite.

use std::borrow::Cow;

use super::Expiring;
use super::filter::{Seen, View};
use super::tokens::{Token, tokens};
use crate::error::{Error, Result};
use crate::planted::{Defect, planted};
use crate::table::{WRITTEN_AT, full_text};

/// The names under which SQLite has the number of a row.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

/// The statement as SQLite is to get it.
///
/// # Errors
/// `invalid` for what would see expired rows.
pub(super) fn rewrite<'s>(sql: &'s str, view: View, expiring: &Expiring) -> Result<Cow<'s, str>> {
    let tokens = tokens(sql);
    let concerned: Vec<&Seen> = expiring.seen.iter().filter(|seen| mentions(&tokens, seen.def.name)).collect();
    refuse(&tokens, expiring, &concerned)?;
    if concerned.is_empty() {
        return Ok(Cow::Borrowed(sql));
    }
    let mut edits = Edits::default();
    let outline = Outline::of(&tokens);
    match outline.kind {
        Kind::Other => return Ok(Cow::Borrowed(sql)),
        Kind::Insert => insert_columns(&outline, &concerned, &mut edits),
        Kind::Write | Kind::Read => {}
    }
    if outline.kind != Kind::Read {
        returning(&outline, &concerned, &mut edits);
    }
    let expressions = expressions(&tokens, view, expiring, &concerned, &outline);
    if !expressions.is_empty() {
        match outline.with {
            Some(_) if planted(Defect::ExpiredBehindWith) => {}
            Some(after) => edits.insert(after, format!(" {}, ", expressions.join(", "))),
            None => edits.insert(outline.begins, format!("WITH {} ", expressions.join(", "))),
        }
    }
    Ok(edits.apply(sql))
}

/// Whether a table may be named here, and not only a column of that name.
fn mentions(tokens: &[Token<'_>], table: &str) -> bool {
    tokens.iter().any(|token| token.names(table))
}

/// Refuses what would see rows that are gone, or what is hidden.
fn refuse(tokens: &[Token<'_>], expiring: &Expiring, concerned: &[&Seen]) -> Result<()> {
    for [schema, dot, table] in tokens.array_windows() {
        let named = concerned.iter().find(|seen| table.names(seen.def.name));
        if let Some(seen) = named.filter(|_| schema.names("main") && dot.is(".")) {
            let name = seen.def.name;
            return Err(Error::invalid(format!("`main.{name}` would see rows that have expired: write `{name}`")));
        }
    }
    if let Some(hidden) = tokens.iter().find(|token| token.names(WRITTEN_AT)) {
        return Err(Error::invalid(format!("no such column: {}", hidden.text)));
    }
    for seen in expiring.seen.iter().filter(|seen| seen.goes) {
        let (name, found) = (seen.def.name, full_text(seen.def.name));
        if mentions(tokens, &found) && !concerned.iter().any(|other| other.def.name == name) {
            return Err(Error::invalid(format!(
                "`{found}` alone would find rows that have expired: join it with `{name}`"
            )));
        }
    }
    let makes = |what: &str| tokens.iter().take(4).any(|token| token.is(what));
    match concerned.first() {
        Some(seen) if tokens.first().is_some_and(|first| first.is("CREATE")) && makes("VIEW") => {
            let name = seen.def.name;
            Err(Error::invalid(format!(
                "a view over `{name}` would show rows that have expired: write a query instead"
            )))
        }
        _ => Ok(()),
    }
}

/// What kind of statement it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Insert,
    /// An UPDATE or DELETE.
    Write,
    Other,
}

/// What is known of a statement.
struct Outline<'t, 'a> {
    kind: Kind,
    /// Where it begins, in bytes, after an EXPLAIN.
    begins: usize,
    /// Behind its own WITH.
    with: Option<usize>,
    /// The names that its WITH gives.
    given: Vec<&'t Token<'a>>,
    /// From its verb on.
    body: &'t [Token<'a>],
}

impl<'t, 'a> Outline<'t, 'a> {
    fn of(tokens: &'t [Token<'a>]) -> Self {
        let mut rest = tokens;
        while rest.first().is_some_and(|token| token.is_any(&["EXPLAIN", "QUERY", "PLAN", ";"])) {
            rest = &rest[1..];
        }
        let begins = rest.first().map_or(0, |token| token.at);
        let (mut with, mut given) = (None, Vec::new());
        if let Some((first, after)) = rest.split_first()
            && first.is("WITH")
        {
            let recursive = after.first().filter(|token| token.is("RECURSIVE"));
            with = Some(recursive.unwrap_or(first).end());
            rest = if recursive.is_some() { &after[1..] } else { after };
            loop {
                given.extend(rest.first());
                // `name (columns) AS NOT MATERIALIZED (…)`: what follows AS in parentheses ends it.
                let Some(named) = rest.iter().position(|token| token.depth == 0 && token.is("AS")) else { break };
                let body = &rest[named..];
                let Some(end) = body.iter().position(|token| token.depth == 0 && token.is(")")) else { break };
                rest = &body[end + 1..];
                match rest.split_first() {
                    Some((comma, after)) if comma.is(",") => rest = after,
                    _ => break,
                }
            }
        }
        let kind = match rest.first() {
            Some(verb) if verb.is_any(&["SELECT", "VALUES"]) => Kind::Read,
            Some(verb) if verb.is_any(&["INSERT", "REPLACE"]) => Kind::Insert,
            Some(verb) if verb.is_any(&["UPDATE", "DELETE"]) => Kind::Write,
            _ => Kind::Other,
        };
        Outline { kind, begins, with, given, body: rest }
    }

    /// What stands behind the first of these words: the table that is written.
    fn behind(&self, words: &[&str]) -> Option<&'t [Token<'a>]> {
        let at = self.body.iter().position(|token| token.depth == 0 && token.is_any(words))?;
        Some(&self.body[at + 1..])
    }

    /// The table that is written, and what follows its name.
    fn target(&self) -> Option<(&'t Token<'a>, &'t [Token<'a>])> {
        match self.kind {
            Kind::Insert => self.behind(&["INTO"])?.split_first(),
            Kind::Write if self.body.first()?.is("DELETE") => self.behind(&["FROM"])?.split_first(),
            Kind::Write => {
                let after = &self.body[1..];
                // UPDATE OR IGNORE t
                let after = if after.first()?.is("OR") { after.get(2..)? } else { after };
                after.split_first()
            }
            Kind::Read | Kind::Other => None,
        }
    }
}

/// The hidden column makes a list necessary where the user wrote none.
fn insert_columns(outline: &Outline<'_, '_>, concerned: &[&Seen], edits: &mut Edits) {
    let Some((target, mut rest)) = outline.target() else { return };
    let Some(seen) = concerned.iter().find(|seen| target.names(seen.def.name) && seen.def.hides_a_column()) else {
        return;
    };
    if rest.first().is_some_and(|token| token.is("AS")) {
        rest = rest.get(2..).unwrap_or_default();
    }
    if let Some(next) = rest.first()
        && next.is_any(&["VALUES", "SELECT", "WITH"])
    {
        edits.insert(next.at, format!("({}) ", seen.columns));
    }
}

/// `RETURNING *` gives the columns that are declared.
fn returning(outline: &Outline<'_, '_>, concerned: &[&Seen], edits: &mut Edits) {
    let Some((target, rest)) = outline.target() else { return };
    let Some(seen) = concerned.iter().find(|seen| target.names(seen.def.name) && seen.def.hides_a_column()) else {
        return;
    };
    let Some(at) = rest.iter().rposition(|token| token.depth == 0 && token.is("RETURNING")) else { return };
    for [before, star] in rest[at..].array_windows() {
        if star.depth == 0 && star.is("*") && before.is_any(&["RETURNING", ","]) {
            edits.replace(star, seen.columns.clone());
        }
    }
}

/// The common table expressions that the statement needs.
fn expressions(
    tokens: &[Token<'_>],
    view: View,
    expiring: &Expiring,
    concerned: &[&Seen],
    outline: &Outline<'_, '_>,
) -> Vec<String> {
    let rowids = rowids(tokens, expiring);
    let mut expressions = Vec::new();
    // A name that the statement gives itself means that and no table.
    let theirs = |seen: &Seen| outline.given.iter().any(|given| given.names(seen.def.name));
    for seen in concerned.iter().filter(|seen| !theirs(seen)) {
        let declared = |name: &str| seen.def.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        let further: Vec<&str> = rowids.iter().copied().filter(|name| !declared(name)).collect();
        expressions.extend(seen.expression(view, &further));
    }
    if concerned.iter().any(|seen| seen.needs_gone(view) && !theirs(seen)) {
        expressions.splice(..0, expiring.gone.clone());
    }
    expressions
}

/// By which names the statement asks for the number of a row. That of full text is not meant: a join has it.
fn rowids(tokens: &[Token<'_>], expiring: &Expiring) -> Vec<&'static str> {
    let is_full_text = |token: &Token<'_>| {
        let of_table = |token: &Token<'_>| expiring.seen.iter().any(|seen| token.names(&full_text(seen.def.name)));
        let alias = |from: &[Token<'_>]| match from {
            [table, as_, alias, ..] if of_table(table) && as_.is("AS") => alias.text == token.text,
            [table, alias, ..] if of_table(table) && alias.is_name() => alias.text == token.text,
            _ => false,
        };
        of_table(token) || (0..tokens.len()).any(|at| alias(&tokens[at..]))
    };
    let asked = |name: &&str| {
        tokens.iter().enumerate().any(|(at, token)| {
            let qualifier = match tokens.get(at.wrapping_sub(2)..at) {
                Some([qualifier, dot]) if dot.is(".") => Some(qualifier),
                _ => None,
            };
            token.names(name) && !qualifier.is_some_and(is_full_text)
        })
    };
    ROWIDS.into_iter().filter(asked).collect()
}

/// Changes of a text, which are made at once.
#[derive(Default)]
struct Edits(Vec<(usize, usize, String)>);

impl Edits {
    fn insert(&mut self, at: usize, text: String) {
        self.0.push((at, at, text));
    }

    fn replace(&mut self, token: &Token<'_>, text: String) {
        self.0.push((token.at, token.end(), text));
    }

    fn apply(mut self, sql: &str) -> Cow<'_, str> {
        if self.0.is_empty() {
            return Cow::Borrowed(sql);
        }
        self.0.sort_by_key(|(from, ..)| *from);
        let (mut text, mut done) = (String::with_capacity(sql.len() + 200), 0);
        for (from, to, new) in self.0 {
            text.push_str(&sql[done..from]);
            text.push_str(&new);
            done = to;
        }
        text.push_str(&sql[done..]);
        Cow::Owned(text)
    }
}
