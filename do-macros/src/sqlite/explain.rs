//! What SQLite says of a bad statement, with the place and a proposal.

use rusqlite::Error;

use super::dialects;
use super::excerpt::excerpt;
use super::keywords::{KEYWORDS, closest_keyword};
use super::lexer::{Kind, Token};
use super::worlds::Worlds;
use crate::schema::{Schema, Table};
use crate::suggest::closest;

/// The message for a statement that SQLite refuses.
pub(super) fn refusal(sql: &str, error: &Error, tokens: &[Token<'_>], schema: &Schema, worlds: &Worlds) -> String {
    let (message, offset) = match error {
        Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
        Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
        other => (other.to_string(), None),
    };
    if message.starts_with("no such collation sequence")
        && let Some(refusal) = unknown_collation(sql, tokens, worlds)
    {
        return refusal;
    }
    let about = About { sql, message: &message, offset, tokens, schema, worlds };
    let (at, hint) = about.place_and_hint();
    let headline = about.headline();
    match at {
        Some(at) => format!("{headline}\n{}", excerpt(sql, at, &hint)),
        None => format!("{headline}\n{}", excerpt(sql, tokens.first().map_or(0, |token| token.at), &hint)),
    }
}

/// The message for a collation that there is none of. Where it would have no effect, SQLite itself does not look it up.
pub(super) fn unknown_collation(sql: &str, tokens: &[Token<'_>], worlds: &Worlds) -> Option<String> {
    let ask =
        || worlds.empty.prepare("SELECT name FROM pragma_collation_list")?.query_map([], |row| row.get(0))?.collect();
    let known: rusqlite::Result<Vec<String>> = ask();
    let known = known.ok()?;
    let names = tokens.windows(2).filter(|pair| pair[0].is("COLLATE")).map(|pair| &pair[1]);
    let unknown = |token: &&Token<'_>| {
        token.name().is_some_and(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(&name)))
    };
    let token = names.into_iter().find(unknown)?;
    let name = token.name()?;
    let hint = closest(&name, known.iter().map(String::as_str))
        .map_or_else(|| "there are `BINARY`, `NOCASE` and `RTRIM`".to_owned(), did_you_mean);
    Some(format!("no such collation sequence: {name}\n{}", excerpt(sql, token.at, &hint)))
}

struct About<'a> {
    sql: &'a str,
    message: &'a str,
    offset: Option<usize>,
    tokens: &'a [Token<'a>],
    schema: &'a Schema,
    worlds: &'a Worlds,
}

impl About<'_> {
    /// The message without what SQLite guesses.
    fn headline(&self) -> String {
        let plain = self.message.split(" - should this be").next().unwrap_or(self.message);
        if let Some(name) = self.after("no such table: ").filter(|name| name.starts_with("__do_")) {
            return format!("the table `{name}` is the runtime's own: use `cx.kv()` and its kind");
        }
        if plain == "incomplete input" {
            return "the statement ends too early".to_owned();
        }
        plain.to_owned()
    }

    fn after(&self, words: &str) -> Option<String> {
        let (_, rest) = self.message.split_once(words)?;
        let name = rest.split(" - ").next().unwrap_or(rest);
        Some(name.trim_matches('"').to_owned())
    }

    fn place_and_hint(&self) -> (Option<usize>, String) {
        if self.message == "incomplete input" {
            if let Some(at) = open_comment(self.sql, self.tokens) {
                return (Some(at), "this comment does not end: write `*/` after it".to_owned());
            }
            return (Some(self.sql.trim_end().len()), "what comes here?".to_owned());
        }
        let syntax = self.message.contains("syntax error") || self.message.contains("unrecognized token");
        if syntax && let Some((at, hint)) = dialects::instead(self.tokens, self.offset) {
            return (Some(at), hint);
        }
        if let Some((at, keyword)) = self.misspelt_keyword() {
            return (Some(at), format!("did you mean `{keyword}`?"));
        }
        if let Some(name) = self.after("no such table: ") {
            let tables = self.schema.tables.iter().map(|table| table.name.as_str());
            let search = self.worlds.virtual_tables.iter().map(|table| table.name.as_str());
            let meant = closest(last(&name), tables.chain(search));
            let hint = meant.map_or_else(|| self.all_tables(), did_you_mean);
            return (self.find(last(&name)), hint);
        }
        if let Some(name) = self.after("no such function: ") {
            let functions = self.functions();
            let meant = closest(&name, functions.iter().map(String::as_str));
            let hint = dialects::function_instead(&name).map(str::to_owned).or_else(|| meant.map(did_you_mean));
            return (self.offset.or_else(|| self.find(&name)), hint.unwrap_or_default());
        }
        if let Some(name) = self.after("no such window: ") {
            let over =
                self.tokens.windows(2).find(|pair| pair[0].is("OVER") && pair[1].text.eq_ignore_ascii_case(&name));
            let hint = format!("write `OVER (…)`, or `WINDOW {name} AS (…)` after WHERE and GROUP BY");
            return (over.map(|pair| pair[1].at), hint);
        }
        if self.message.starts_with("misuse of window function") {
            let name = self.after("function ").unwrap_or_default();
            let name = name.trim_end_matches("()");
            let at = self.offset.or_else(|| self.find(name));
            let here = self.tokens.iter().position(|token| Some(token.at) == at);
            let close = here.and_then(|here| {
                let depth = self.tokens[here].depth;
                (here + 1..self.tokens.len())
                    .find(|next| self.tokens[*next].is(")") && self.tokens[*next].depth == depth)
            });
            let over =
                close.and_then(|close| self.tokens.get(close + 1)).is_some_and(|next| next.is_any(&["OVER", "FILTER"]));
            let hint = match over {
                true => "window functions belong in the SELECT list: filter them in a SELECT around it".to_owned(),
                false => format!("write `{name}(…) OVER (…)`"),
            };
            return (at, hint);
        }
        if self.message.starts_with("ON CONFLICT clause does not match") {
            let at =
                self.tokens.windows(2).find(|pair| pair[0].is("ON") && pair[1].is("CONFLICT")).map(|pair| pair[1].at);
            return (at, self.unique_hint());
        }
        if let Some(name) = self.after("no such column: ") {
            if let Some(unknown) = self.unknown_qualifier(&name) {
                return unknown;
            }
            let curly = |c: char| ['‘', '’', '“', '”'].contains(&c);
            if name.starts_with(curly) {
                let text = name.trim_matches(curly);
                return (self.offset.or_else(|| self.find(&name)), format!("write '{text}' with straight quotes"));
            }
            let at = self.offset.or_else(|| self.find(last(&name)));
            return (self.unqualified(at, &name), self.column_hint(at, last(&name)));
        }
        if let Some(name) = self.after("has no column named ") {
            return (self.find(&name), self.column_hint(None, &name));
        }
        if let Some(name) = self.after("ambiguous column name: ") {
            if let Some((table, _)) = name.split_once('.') {
                let hint = format!("two tables are called `{table}` here: name one of them with `AS`");
                let dot =
                    self.tokens.windows(2).find(|pair| pair[0].text.eq_ignore_ascii_case(table) && pair[1].is("."));
                return (self.offset.or(dot.map(|pair| pair[0].at)), hint);
            }
            let owners: Vec<String> = self
                .mentioned()
                .filter(|table| has(table, &name))
                .map(|table| format!("`{}.{name}`", table.name))
                .collect();
            return (self.offset.or_else(|| self.find(&name)), format!("write {}", owners.join(" or ")));
        }
        if let Some((name, _)) =
            self.message.split_once("misuse of aggregate").map(|(_, rest)| (rest.trim_start_matches([':', ' ']), ()))
        {
            let name = name.trim_start_matches("function ").trim_end_matches("()");
            return (
                self.offset.or_else(|| self.find(name)),
                "aggregates belong in the SELECT list or in HAVING".to_owned(),
            );
        }
        if self.message.contains("values for") || self.message.contains("values were supplied") {
            let values = self.tokens.iter().find(|token| token.is("VALUES")).map(|token| token.at);
            return (self.offset.or(values), String::new());
        }
        if let Some(text) = self.after("unrecognized token: ").filter(|text| text.starts_with('\'')) {
            let at = self.offset.or_else(|| self.sql.rfind(&text));
            return (at, "this text does not end: write `'` after it".to_owned());
        }
        if self.message.contains("syntax error") {
            return (self.offset, self.keyword_hint());
        }
        let named = self.tokens.iter().find(|token| {
            token.name().is_some_and(|name| name.len() > 2 && self.message.ends_with(&format!(" {name}()")))
        });
        let hint = named.and_then(|token| self.arguments_hint(token.text)).unwrap_or_default();
        (self.offset.or(named.map(|token| token.at)), hint)
    }

    /// What stands before the dot is no table of the statement.
    fn unknown_qualifier(&self, name: &str) -> Option<(Option<usize>, String)> {
        let (table, _) = name.rsplit_once('.')?;
        let table = last(table);
        let is_it = |token: &Token<'_>| token.name().is_some_and(|known| known.eq_ignore_ascii_case(table));
        let dotted = self.tokens.windows(2).filter(|pair| is_it(&pair[0]));
        let place = dotted.clone().find(|pair| pair[1].is("."))?;
        // Where it stands without a dot, it is declared.
        if self.tokens.iter().filter(|token| is_it(token)).count() > dotted.filter(|pair| pair[1].is(".")).count() {
            return None;
        }
        let tables: Vec<&str> = self.mentioned().map(|table| table.name.as_str()).chain(self.excluded()).collect();
        let hint = closest(table, tables.iter().copied())
            .map_or_else(|| format!("no table here is called `{table}`"), did_you_mean);
        Some((Some(place[0].at), hint))
    }

    /// The row that an upsert did not insert.
    fn excluded(&self) -> Option<&'static str> {
        self.tokens.iter().any(|token| token.is("CONFLICT")).then_some("excluded")
    }

    /// What a row of the table that is written is unique by.
    fn unique_hint(&self) -> String {
        let into = self.tokens.iter().position(|token| token.is("INTO"));
        let Some(table) = into.and_then(|into| self.tokens.get(into + 1)?.name()) else { return String::new() };
        let sql = "SELECT group_concat(name, ', ') FROM (
                       SELECT i.seq AS number, c.name, c.seqno AS place FROM pragma_index_list(?1) AS i, pragma_index_info(i.name) AS c
                       WHERE i.\"unique\" AND NOT i.partial
                       UNION ALL SELECT -1, name, pk FROM pragma_table_info(?1) WHERE pk > 0
                       ORDER BY 1, 3)
                   GROUP BY number";
        let ask = || self.worlds.empty.prepare(sql)?.query_map([&table], |row| row.get(0))?.collect();
        let keys: rusqlite::Result<std::collections::BTreeSet<String>> = ask();
        let keys: Vec<String> = keys.unwrap_or_default().iter().map(|key| format!("({key})")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        format!("`{table}` is unique by {}", crate::suggest::listed(&keys).replace('`', ""))
    }

    /// How many arguments a function takes.
    fn arguments_hint(&self, function: &str) -> Option<String> {
        let sql = "SELECT DISTINCT narg FROM pragma_function_list WHERE name = lower(?1) AND narg >= 0 ORDER BY narg";
        let ask = || self.worlds.empty.prepare(sql)?.query_map([function], |row| row.get(0))?.collect();
        let counts: rusqlite::Result<Vec<i64>> = ask();
        let counts: Vec<String> = counts.ok()?.iter().map(i64::to_string).collect();
        if counts.is_empty() { None } else { Some(format!("`{function}` takes {}", counts.join(" or "))) }
    }

    /// What a keyword where none can be is likely to be.
    fn keyword_hint(&self) -> String {
        let Some(here) = self.tokens.iter().position(|token| Some(token.at) == self.offset) else {
            return String::new();
        };
        let token = &self.tokens[here];
        let after_comma = here > 0 && self.tokens[here - 1].is(",");
        if after_comma && (token.is(")") || token.is_any(&["FROM", "WHERE", "VALUES", "ORDER", "GROUP", "LIMIT"])) {
            return "is the comma before it one too many?".to_owned();
        }
        let before = |words: &[&str]| here > 0 && self.tokens[here - 1].is_any(words);
        if before(&["GROUP", "ORDER", "PARTITION"]) {
            return format!("write `{} BY`", self.tokens[here - 1].text.to_ascii_uppercase());
        }
        if before(&["SELECT"]) && token.is("FROM") {
            return "what is selected? `*` is all columns".to_owned();
        }
        if token.is("SELECT") && before(&["EXISTS", "IN", "=", "<", ">"]) {
            return "put it into parentheses".to_owned();
        }
        if KEYWORDS.iter().any(|keyword| token.is(keyword)) {
            return format!("this is a keyword: as a name it is \"{}\"", token.text);
        }
        String::new()
    }

    fn column_hint(&self, at: Option<usize>, name: &str) -> String {
        let token = self.tokens.iter().find(|token| Some(token.at) == at);
        let meant = |tables: &mut dyn Iterator<Item = &Table>| {
            let names: Vec<String> =
                tables.flat_map(|table| table.columns.iter().map(|column| column.name.clone())).collect();
            closest(name, names.iter().map(String::as_str)).map(did_you_mean)
        };
        let quoted = token.is_some_and(|token| token.kind == Kind::Quoted && token.text.starts_with('"'));
        if let Some(owner) = self.mentioned().find(|table| has(table, name)) {
            return format!("it is a column of `{}`, which is not in FROM here", owner.name);
        }
        if let Some(hint) = meant(&mut self.mentioned()) {
            return hint;
        }
        if quoted {
            return format!("write '{}' for a text: double quotes are for names", name.replace('\'', "''"));
        }
        if let Some(owner) = self.schema.tables.iter().find(|table| has(table, name)) {
            return format!("it is a column of `{}`", owner.name);
        }
        if let Some(hint) = meant(&mut self.schema.tables.iter()) {
            return hint;
        }
        if let Some(keyword) = closest_keyword(name) {
            return did_you_mean(keyword);
        }
        let before = self.tokens.iter().take_while(|token| Some(token.at) != at).last();
        if token.is_some() && before.is_some_and(|before| before.is_any(&["=", "==", "<>", "!=", "LIKE", "GLOB"])) {
            return format!("write '{name}' for a text, or `:{name}` for a variable");
        }
        let mut tables = self.mentioned();
        match (tables.next(), tables.next()) {
            (Some(one), None) => {
                let names: Vec<&str> = one.columns.iter().map(|column| column.name.as_str()).collect();
                format!("`{}` has {}", one.name, crate::suggest::listed(&names))
            }
            _ => String::new(),
        }
    }

    /// SQLite stops at the first token that it can't fit in, which is often the one after the slip.
    fn misspelt_keyword(&self) -> Option<(usize, &'static str)> {
        if !self.message.contains("syntax error") {
            return None;
        }
        let here = self.tokens.iter().position(|token| Some(token.at) == self.offset)?;
        let candidates = self.tokens[here.saturating_sub(3)..=here].iter().rev();
        candidates.filter(|token| token.kind == Kind::Word).find_map(|token| {
            let is_keyword = KEYWORDS.iter().any(|keyword| token.is(keyword));
            let known = self
                .schema
                .tables
                .iter()
                .any(|table| table.name.eq_ignore_ascii_case(token.text) || has(table, token.text));
            let meant = if is_keyword || known { None } else { closest_keyword(token.text) };
            meant.map(|keyword| (token.at, keyword))
        })
    }

    /// The first token of that name.
    fn find(&self, name: &str) -> Option<usize> {
        self.tokens
            .iter()
            .find(|token| token.name().is_some_and(|known| known.eq_ignore_ascii_case(name)))
            .map(|token| token.at)
    }

    /// The column itself, if SQLite points at the table before it.
    fn unqualified(&self, at: Option<usize>, name: &str) -> Option<usize> {
        let here = self.tokens.iter().position(|token| Some(token.at) == at);
        match here {
            Some(here) if name.contains('.') && self.tokens.get(here + 1).is_some_and(|token| token.is(".")) => {
                self.tokens.get(here + 2).map(|token| token.at)
            }
            _ => at,
        }
    }

    /// The tables that the statement names.
    fn mentioned(&self) -> impl Iterator<Item = &Table> {
        self.schema.tables.iter().filter(|table| self.find(&table.name).is_some())
    }

    fn all_tables(&self) -> String {
        let names: Vec<&str> = self.schema.tables.iter().map(|table| table.name.as_str()).collect();
        if names.is_empty() {
            String::new()
        } else {
            format!("`{}` has {}", self.schema.object, crate::suggest::listed(&names))
        }
    }

    fn functions(&self) -> Vec<String> {
        let sql = "SELECT DISTINCT name FROM pragma_function_list ORDER BY name";
        let ask = || self.worlds.empty.prepare(sql)?.query_map([], |row| row.get(0))?.collect();
        let functions: rusqlite::Result<Vec<String>> = ask();
        functions.unwrap_or_default()
    }
}

/// Where a comment begins that does not end: after all tokens.
fn open_comment(sql: &str, tokens: &[Token<'_>]) -> Option<usize> {
    let after = tokens.last().map_or(0, |token| token.at + token.text.len());
    sql[after..].rfind("/*").map(|at| after + at).filter(|at| !sql[*at..].contains("*/"))
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

/// The name without what qualifies it.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn has(table: &Table, name: &str) -> bool {
    table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
}
