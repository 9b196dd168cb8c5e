//! Full-text search: the rows whose text has the words of a query, the best match first.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::text::{self, SearchWanted};
use super::{Declares, Flow, FromRow, RowLimit, Table, all, at_most_one, each};
use crate::engine::{Engine, Params, RowAccess};
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Cx, Object};
use crate::value::{Column, Value};

/// The longest query, in bytes: what people type, and not what it takes to keep an object busy.
const LONGEST_QUERY: usize = 4096;

/// The longest snippet, in words. It is SQLite's.
const LONGEST_SNIPPET: u32 = 64;

/// The rows that a search finds, such as `Note::search(cx, "rust sql*")`: nothing is read until it is asked for.
///
/// A row is found if all words of the query occur in its searched columns, in any order and whatever their case and accents;
/// a word with `*` at its end stands for all that begin so. Signs have no meaning besides, so that the query may
/// come from a stranger; [`raw`](Search::raw) gives them the meaning that they have in FTS5. A query without words
/// finds nothing. The rows come in the order of their rank, the best match first, and those of the same rank in no
/// particular order.
///
/// ```
/// # use do_runtime::prelude::*;
/// # use do_runtime::Match;
/// # use serde::{Deserialize, Serialize};
/// #[table(search = (title, body))]
/// #[derive(Debug, Clone, Serialize, Deserialize)]
/// struct Note {
///     #[key]
///     id: Id<Note>,
///     title: String,
///     body: String,
/// }
///
/// #[durable_object(tables(Note))]
/// struct Notebook;
///
/// #[durable_object]
/// impl Notebook {
///     #[rpc]
///     fn search(&self, cx: &Cx<Self>, query: &str) -> Result<Vec<Match<Note>>> {
///         Note::search(cx, query).limit(20).matches()
///     }
/// }
/// ```
#[must_use = "a search reads nothing until it is asked: `.all()?`, `.first()?`, `.count()?`, `.matches()?` or `.each(…)?`"]
pub struct Search<'c, T> {
    engine: &'c dyn Engine,
    columns: &'static [&'static str],
    query: String,
    syntax: Syntax,
    limit: Option<u64>,
    snippet: Snippet,
    /// What was asked for and makes no sense.
    mistake: Option<Error>,
    rows: PhantomData<fn() -> T>,
}

/// A row that a search has found, as [`Search::matches`] gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match<T> {
    /// The row.
    pub row: T,
    /// How well it matches: the less, the better. It is FTS5's bm25 and compares rows within one search only.
    pub rank: f64,
    /// The piece of the text that matches best, with marks around the words that were found. The text itself stays as it
    /// was written: it is not escaped for HTML.
    pub snippet: String,
}

/// How a query is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    /// As words.
    Words,
    /// As FTS5 reads it.
    Raw,
}

/// What snippets look like.
struct Snippet {
    before: String,
    after: String,
    words: u32,
    /// The column's position, or the best one.
    column: Option<usize>,
}

/// The rows of `T` that have these words in their `columns`, which are all that are searched.
pub fn search<'c, O, T>(cx: &'c Cx<O>, columns: &'static [&'static str], query: &str) -> Search<'c, T>
where
    O: Object + Declares<T>,
    T: Table,
{
    let snippet = Snippet { before: "**".into(), after: "**".into(), words: 16, column: None };
    Search {
        engine: cx.engine(),
        columns,
        query: query.to_owned(),
        syntax: Syntax::Words,
        limit: None,
        snippet,
        mistake: None,
        rows: PhantomData,
    }
}

impl<T: Table> Search<'_, T> {
    /// Reads the query as FTS5 does: `"a phrase"`, `one OR two`, `one NOT two`, `NEAR(one two, 5)`, `title: word`. A query
    /// that does not parse is an `invalid` error when the rows are asked for.
    pub fn raw(mut self) -> Self {
        self.syntax = Syntax::Raw;
        self
    }

    /// At most so many rows. A negative number is an `invalid` error when the rows are asked for.
    pub fn limit(mut self, rows: impl RowLimit) -> Self {
        match rows.row_limit() {
            Ok(rows) => self.limit = Some(rows),
            Err(error) => self.mistaken(error),
        }
        self
    }

    /// What stands before and after each word that was found, in snippets: `**` unless it is said.
    pub fn marks(mut self, before: impl Into<String>, after: impl Into<String>) -> Self {
        (self.snippet.before, self.snippet.after) = (before.into(), after.into());
        self
    }

    /// How many words a snippet has: 16 unless it is said, and from 1 to 64, else it is an `invalid` error when the matches
    /// are asked for.
    pub fn snippet_words(mut self, words: u32) -> Self {
        if !(1..=LONGEST_SNIPPET).contains(&words) {
            self.mistaken(Error::invalid(format!("a snippet has 1 to {LONGEST_SNIPPET} words, not {words}")));
        }
        self.snippet.words = words;
        self
    }

    /// Takes the snippets from this column, by its name in the database, instead of the one that matches best. One that is
    /// not searched is an `invalid` error when the matches are asked for.
    pub fn snippet_of(mut self, column: &str) -> Self {
        self.snippet.column = self.columns.iter().position(|name| *name == column);
        if self.snippet.column.is_none() {
            let (table, searched) = (T::DEF.name, self.columns.join("`, `"));
            let said = format!("the search of `{table}` has no column `{column}`; it has `{searched}`");
            self.mistaken(Error::invalid(said));
        }
        self
    }

    /// The rows.
    pub fn all(self) -> Result<Vec<T>> {
        self.run(SearchWanted::Rows, None, Vec::new, |sql, values| {
            all(self.engine, sql, Params::Positional(values), read::<T>)
        })
    }

    /// The row that matches best, if there is one.
    pub fn first(self) -> Result<Option<T>> {
        self.run(
            SearchWanted::Rows,
            Some(1),
            || None,
            |sql, values| at_most_one(self.engine, sql, Params::Positional(values), read::<T>),
        )
    }

    /// How many rows there are, of those that the limit allows.
    pub fn count(self) -> Result<i64> {
        self.run(
            SearchWanted::Count,
            None,
            || 0,
            |sql, values| {
                let count = at_most_one(self.engine, sql, Params::Positional(values), FromRow::from_row)?;
                Ok(count.unwrap_or(0))
            },
        )
    }

    /// The rows with their rank and a snippet each.
    pub fn matches(self) -> Result<Vec<Match<T>>> {
        self.run(SearchWanted::Matches, None, Vec::new, |sql, values| {
            all(self.engine, sql, Params::Positional(values), read_match::<T>)
        })
    }

    /// Hands over one row after another. The closure returns nothing, a `Result`, or a `ControlFlow` to stop early.
    pub fn each<S: Flow>(self, mut closure: impl FnMut(T) -> S) -> Result {
        // What the closure says is no mistake of the query.
        let mut stopped = None;
        let ran = self.run(
            SearchWanted::Rows,
            None,
            || (),
            |sql, values| {
                each(self.engine, sql, Params::Positional(values), read::<T>, |row| {
                    closure(row).flow().inspect_err(|error| stopped = Some(error.clone()))
                })
            },
        );
        stopped.map_or(ran, Err)
    }

    fn mistaken(&mut self, error: Error) {
        self.mistake.get_or_insert(error);
    }

    /// Runs the statement, unless the query has no words.
    fn run<R>(
        &self,
        wanted: SearchWanted,
        at_most: Option<u64>,
        nothing: impl FnOnce() -> R,
        run: impl FnOnce(&'static str, &[Value<'_>]) -> Result<R>,
    ) -> Result<R> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        let Some(expression) = self.expression()? else { return Ok(nothing()) };
        let limit = self.limit.into_iter().chain(at_most).min();
        // SQLite takes a negative limit for none.
        let limit = limit.map_or(-1, |rows| i64::try_from(rows).unwrap_or(i64::MAX));
        let mut values = vec![Value::Text(expression.into()), Value::Integer(limit)];
        if wanted == SearchWanted::Matches {
            let Snippet { before, after, words, column } = &self.snippet;
            let column = column.and_then(|column| i64::try_from(column).ok()).unwrap_or(-1);
            values.extend([
                Value::Integer(column),
                Value::Text(before.into()),
                Value::Text(after.into()),
                Value::Integer(i64::from(*words)),
            ]);
        }
        run(text::search(T::DEF, wanted), &values).map_err(|error| self.explained(error))
    }

    /// The query for FTS5; none if there are no words in it.
    fn expression(&self) -> Result<Option<String>> {
        if self.query.len() > LONGEST_QUERY {
            let length = self.query.len();
            return Err(Error::invalid(format!(
                "a query has at most {LONGEST_QUERY} bytes, and this one has {length}"
            )));
        }
        let expression = match self.syntax {
            Syntax::Words => words(&self.query),
            Syntax::Raw => self.query.trim().to_owned(),
        };
        // FTS5 has commands for its own tests that begin so, and takes NUL for the end.
        if self.syntax == Syntax::Raw && (expression.starts_with('*') || expression.contains('\0')) {
            return Err(self.unreadable("it begins with `*`, or has a NUL"));
        }
        Ok((!expression.is_empty()).then_some(expression))
    }

    /// An error of FTS5 about the query, in words. Words alone have none.
    fn explained(&self, error: Error) -> Error {
        if self.syntax == Syntax::Words || error.kind() != ErrorKind::Invalid {
            return error;
        }
        let said = error.to_string();
        let said = said.split(" (in `").next().unwrap_or_default();
        self.unreadable(said.strip_prefix("fts5: ").unwrap_or(said))
    }

    fn unreadable(&self, why: &str) -> Error {
        Error::invalid(format!("the query `{}` can't be read as FTS5: {why}", self.query.trim()))
    }
}

/// Each word in quotes, as FTS5 wants it so that nothing in it has a meaning; without a word between them all must
/// occur, and one that is only signs is passed over.
fn words(query: &str) -> String {
    let mut expression = String::with_capacity(query.len() + 16);
    // FTS5 takes NUL for the end of the query.
    for word in query.split(|c: char| c.is_whitespace() || c == '\0') {
        let whole = word.trim_end_matches('*');
        if whole.is_empty() {
            continue;
        }
        if !expression.is_empty() {
            expression.push(' ');
        }
        expression.push('"');
        expression.push_str(&whole.replace('"', "\"\""));
        expression.push('"');
        if whole.len() < word.len() {
            expression.push('*');
        }
    }
    expression
}

fn read<T: Table>(row: &dyn RowAccess) -> Result<T> {
    T::read(row, 0)
}

fn read_match<T: Table>(row: &dyn RowAccess) -> Result<Match<T>> {
    let after = T::DEF.columns.len();
    Ok(Match {
        row: T::read(row, 0)?,
        rank: f64::from_value(row.value(after))?,
        // Of a column that is NULL there is none.
        snippet: <Option<String>>::from_value(row.value(after + 1))?.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::words;
    use crate::table::tests::sample::Room;
    use crate::test_engine::cx;

    #[test]
    fn words_are_quoted_and_only_a_last_star_means_something() {
        for (query, expression) in [
            ("rust sql", r#""rust" "sql""#),
            ("  rust\n\tsql* ", r#""rust" "sql"*"#),
            ("title:rust OR NOT (x", r#""title:rust" "OR" "NOT" "(x""#),
            (r#"say "hi""#, r#""say" """hi""""#),
            ("a*b c**", r#""a*b" "c"*"#),
            ("a\0b", r#""a" "b""#),
            ("* ** \0", ""),
            ("", ""),
        ] {
            assert_eq!(words(query), expression, "{query:?}");
        }
    }
    proptest! {
        #[test]
        fn no_query_is_a_mistake_for_fts5(query in prop_oneof![".*", "[a\"'*() :^+{},~\\-\0]{0,30}", "(AND|OR|NOT|NEAR|[ab*( ]){0,12}"]) {
            // An empty one is never asked.
            let expression = words(&query);
            prop_assume!(!expression.is_empty());
            let cx = cx::<Room>();
            cx.sql_unchecked::<()>("CREATE VIRTUAL TABLE found USING fts5(text)", ()).run().unwrap();
            let count = cx.sql_unchecked::<i64>("SELECT count(*) FROM found WHERE found MATCH ?1", (expression,)).one();
            prop_assert_eq!(count, Ok(0), "{:?}", query);
        }
    }
}
