//! What other databases write, and what SQLite has in its place.

use super::lexer::{Kind, Token};

/// What to write instead, and where, if a statement that SQLite refuses is of another dialect.
pub(super) fn instead(tokens: &[Token<'_>], offset: Option<usize>) -> Option<(usize, String)> {
    let here = tokens.iter().position(|token| Some(token.at) == offset);
    by_statement(tokens, offset.unwrap_or(usize::MAX)).or_else(|| by_place(tokens, here?))
}

/// What can be told from the words alone.
fn by_statement(tokens: &[Token<'_>], offset: usize) -> Option<(usize, String)> {
    let sees = |at: usize, words: &[&str]| {
        words.iter().enumerate().all(|(ahead, word)| tokens.get(at + ahead).is_some_and(|token| token.is(word)))
    };
    let find = |words: &[&str]| (0..tokens.len()).find(|at| sees(*at, words)).map(|at| tokens[at].at);
    let name = |at: usize| tokens.get(at).filter(|token| token.name().is_some()).map(|token| token.text);
    let first = tokens.first()?;
    let hint = |at: usize, hint: &str| Some((at, hint.to_owned()));
    if let Some(at) = find(&["ON", "DUPLICATE", "KEY"]) {
        return hint(at, "write `ON CONFLICT (key) DO UPDATE SET …`");
    }
    if let Some(at) = find(&["INSERT", "OR", "UPDATE"]) {
        return hint(at, "write `INSERT … ON CONFLICT (key) DO UPDATE SET …`");
    }
    if let Some(at) = find(&["DISTINCT", "ON"]) {
        return hint(at, "SQLite has no DISTINCT ON: write GROUP BY");
    }
    if let Some(at) = find(&["FOR", "UPDATE"]).or_else(|| find(&["FOR", "SHARE"])) {
        return hint(at, "leave it out: nobody else writes while a handler runs");
    }
    if sees(0, &["SELECT", "TOP"]) && tokens.get(2).is_some_and(|token| token.kind == Kind::Number) {
        return hint(tokens[1].at, "write `LIMIT` at the end");
    }
    if sees(0, &["TRUNCATE"]) {
        return hint(first.at, "write `DELETE FROM`");
    }
    if sees(0, &["MERGE"]) || sees(0, &["UPSERT"]) {
        return hint(first.at, "write `INSERT … ON CONFLICT (key) DO UPDATE SET …`");
    }
    if sees(0, &["DELETE", "*"]) {
        return hint(tokens[1].at, "write `DELETE FROM`: all of a row is deleted");
    }
    if sees(0, &["DELETE", "FROM"])
        && name(3).is_some()
        && tokens[3].at == offset
        && (sees(4, &["WHERE"]) || tokens.len() == 4)
    {
        return Some((tokens[3].at, format!("write `AS {}`", name(3)?)));
    }
    if let Some(at) = find(&["CONFLICT", "UPDATE"]).or_else(|| find(&["DO", "SET"])) {
        return hint(at, "write `ON CONFLICT (key) DO UPDATE SET …`");
    }
    if sees(0, &["DELETE"]) && !sees(1, &["FROM"]) {
        return Some((tokens.get(1)?.at, format!("write `DELETE FROM {}`", name(1)?)));
    }
    if sees(0, &["INSERT"]) && tokens.get(1).is_some_and(|token| !token.is_any(&["INTO", "OR"])) {
        return Some((tokens.get(1)?.at, format!("write `INSERT INTO {}`", name(1)?)));
    }
    if sees(0, &["INSERT", "INTO"]) && sees(3, &["SET"]) {
        return Some((tokens[3].at, format!("write `INSERT INTO {} (…) VALUES (…)`", name(2)?)));
    }
    if sees(0, &["UPDATE"]) && name(2).is_some() && sees(3, &["SET"]) {
        return Some((tokens[2].at, format!("write `AS {}`", name(2)?)));
    }
    let set = tokens.iter().position(|token| token.is("SET"));
    if let Some(at) = set.filter(|at| sees(0, &["UPDATE"]) && sees(at + 2, &["."])) {
        return Some((tokens[at + 1].at, format!("SET takes the column alone: `{}`", name(at + 3)?)));
    }
    let writes = sees(0, &["UPDATE"]) || sees(0, &["DELETE"]);
    let outer = |word: &str| tokens.iter().find(|token| token.depth == 0 && token.is(word)).map(|token| token.at);
    if let Some(at) = outer("LIMIT").or_else(|| outer("ORDER")).filter(|_| writes) {
        return hint(at, "write `WHERE id IN (SELECT id FROM … LIMIT …)`, with the key of the table");
    }
    None
}

/// What can be told from the place where SQLite stopped.
fn by_place(tokens: &[Token<'_>], here: usize) -> Option<(usize, String)> {
    let token = tokens.get(here)?;
    let before = here.checked_sub(1).and_then(|before| tokens.get(before));
    if token.kind == Kind::Param && before.is_some_and(|before| before.is("IN")) {
        return Some((token.at, format!("write `IN ({})`", token.text)));
    }
    if token.is_any(&["<", ">"]) && before.is_some_and(|before| before.is("=")) {
        return Some((token.at, format!("write `{}=`", token.text)));
    }
    if tokens[0].is("INSERT") && token.is("(") && before.is_some_and(|before| before.is(")")) {
        return Some((token.at, "write `VALUES` before it".to_owned()));
    }
    if tokens[0].is("UPDATE") && here == 2 && tokens.get(3).is_some_and(|next| next.is("=")) {
        return Some((token.at, "write `SET` before it".to_owned()));
    }
    if token.is("{") || token.is("%") {
        return Some((token.at, "a parameter is written `:name`, and is the variable `name`".to_owned()));
    }
    if token.is("ILIKE") || before.is_some_and(|before| before.is("ILIKE")) {
        return Some((token.at, "write `LIKE`: it does not tell `a` from `A`".to_owned()));
    }
    let assigned = matches!(token.kind, Kind::Text | Kind::Number | Kind::Param | Kind::Blob);
    let sets = tokens[..here].iter().any(|token| token.is("SET"));
    if assigned && sets && before.is_some_and(|before| before.name().is_some()) {
        return Some((token.at, "is there a `=` missing before it?".to_owned()));
    }
    None
}

/// What stands for a function that SQLite does not have.
pub(super) fn function_instead(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "now" | "getdate" | "sysdate" => "write `:now`, and `now = cx.now()` after the SQL",
        "any" | "all" => "write `IN (:list)`, which takes a slice or a `Vec`",
        "len" | "char_length" => "write `length`",
        "isnull" | "nvl" => "write `ifnull` or `coalesce`",
        "array_agg" | "json_agg" => "write `json_group_array`",
        "json_build_object" => "write `json_object`",
        "left" => "write `substr(text, 1, n)`",
        "right" => "write `substr(text, -n)`",
        "greatest" => "write `max(a, b)`",
        "least" => "write `min(a, b)`",
        "uuid" | "gen_random_uuid" => "make it in Rust, and pass it as a parameter",
        "to_char" | "date_format" => "write `strftime`",
        "date_trunc" => "write `strftime` or `date`",
        "rand" => "write `random()`",
        "string_to_array" | "unnest" => "pass the list as JSON, and read it with `json_each`",
        _ => return None,
    })
}
