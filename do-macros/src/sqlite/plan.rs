//! Whole tables that are read, and the index that would avoid it.

use rusqlite::Connection;

use super::Access;
use super::analysis::{Analysis, Hindrance, Use};
use super::lexer::lex;
use super::shape;
use super::worlds::Worlds;
use crate::schema::{Schema, Table};
use crate::sql::quote;

/// One line of a plan.
struct Step {
    parent: i64,
    detail: String,
    /// The first column of an index that is gone through without a value to look for.
    leading: Option<String>,
}

/// What is read to its end.
struct Scans<'u> {
    /// How many steps of the plan do it.
    count: usize,
    /// The uses that they may be.
    uses: Vec<&'u Use>,
}

/// The columns of an index, with `true` for descending.
type Candidate = Vec<(String, bool)>;

/// The warning for a statement that reads a whole table, if it does.
pub(super) fn full_scan(
    sql: &str,
    worlds: &Worlds,
    analysis: &Analysis<'_>,
    schema: &Schema,
    access: Access,
) -> Option<String> {
    let empty = &worlds.empty;
    let steps = steps(sql, empty)?;
    let scanned = scanned(&steps, &analysis.uses);
    let first = scanned.uses.first()?;
    let table = &schema.tables[first.table];
    let found = scanned.uses.iter().find_map(|used| {
        let table = &schema.tables[used.table];
        proposal(sql, empty, analysis, used, table, scanned.count).map(|found| (table, found))
    });
    let excuse = "write `allow(scan, \"reason\")` after the SQL";
    let (read, advice) = match found {
        Some((table, indexes)) => (table, format!("{}, or {excuse}", add(&indexes, table))),
        None => {
            let limit = if access == Access::Reads { limit(sql, empty, schema, worlds) } else { Limit::Useless };
            (table, without_index(analysis, limit, access, excuse))
        }
    };
    Some(format!("this query reads every row of `{}`; {advice}", read.name))
}

fn add(indexes: &[Candidate], table: &Table) -> String {
    let indexes: Vec<String> = indexes.iter().map(|index| format!("`index = {}`", spelled(index, table))).collect();
    format!("add {} to `#[table]` of `{}`", indexes.join(" and "), table.rust)
}

/// What can be done where no index helps the query as it is.
fn without_index(analysis: &Analysis<'_>, limit: Limit, access: Access, excuse: &str) -> String {
    let mut ways: Vec<String> = Vec::new();
    let mut at = String::new();
    match analysis.hindrances.first() {
        Some(Hindrance::Pattern(column)) => {
            at = format!(" with a pattern of `{column}`");
            ways.push(format!("find its words with `search = {column}` and MATCH"));
        }
        Some(Hindrance::Computed) => {
            at = " with what is computed of a column".to_owned();
            ways.push("keep it in a column of its own with an index".to_owned());
        }
        Some(Hindrance::Truth(column, truth)) => {
            ways.push(format!("write `{column} = {truth}`, and add an index for it"));
        }
        None => {}
    }
    match limit {
        Limit::Helps => ways.push("add a LIMIT".to_owned()),
        Limit::HelpsWith(index) => ways.push(format!("add a LIMIT, and {index}")),
        // What is counted or summed up is all read, and one row is given.
        Limit::Useless if access == Access::Reads && analysis.hindrances.is_empty() => {
            ways.push("narrow it with a WHERE on a column that has an index".to_owned());
        }
        Limit::Useless => {}
    }
    match ways.as_slice() {
        [] => format!("no index can help{at}: {excuse}"),
        ways => format!("no index can help{at}: {}, or {excuse}", ways.join(", or ")),
    }
}

/// What a LIMIT would do.
enum Limit {
    Useless,
    Helps,
    /// It stops the reading if this is done too.
    HelpsWith(String),
}

/// Tries the statement with a LIMIT.
fn limit(sql: &str, empty: &Connection, schema: &Schema, worlds: &Worlds) -> Limit {
    let tokens = lex(sql);
    let end = tokens.iter().rev().find(|token| !token.is(";")).map_or(0, |token| token.at + token.text.len());
    let limited = format!("{} LIMIT 1", &sql[..end]);
    let Some(shape) = shape::parse(&lex(&limited)) else { return Limit::Useless };
    let analysis = Analysis::of(&shape, &limited, schema, worlds);
    let Some(steps) = steps(&limited, empty) else { return Limit::Useless };
    let scanned = scanned(&steps, &analysis.uses);
    if scanned.uses.is_empty() {
        return Limit::Helps;
    }
    let found = scanned.uses.iter().find_map(|used| {
        let table = &schema.tables[used.table];
        proposal(&limited, empty, &analysis, used, table, scanned.count).map(|found| add(&found, table))
    });
    found.map_or(Limit::Useless, Limit::HelpsWith)
}

fn steps(sql: &str, connection: &Connection) -> Option<Vec<Step>> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).ok()?;
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().ok()? {
        let detail: String = row.get(3).ok()?;
        let leading = unconstrained_index(&detail).and_then(|index| first_column(index, connection));
        steps.push(Step { parent: row.get(1).ok()?, detail, leading });
    }
    Some(steps)
}

/// The index in `SEARCH t USING INDEX i`: the way to the least or the greatest, with no `(column=?)` behind it.
fn unconstrained_index(detail: &str) -> Option<&str> {
    let rest = detail.strip_prefix("SEARCH ").filter(|rest| !rest.ends_with(')'))?;
    rest.split_once(" INDEX ").map(|(_, index)| index)
}

fn first_column(index: &str, connection: &Connection) -> Option<String> {
    let ask = "SELECT name FROM pragma_index_info(?1) WHERE seqno = 0";
    connection.query_row(ask, [index], |row| row.get(0)).ok()
}

/// The steps that read a table to its end.
fn scanned<'u>(steps: &[Step], uses: &'u [Use]) -> Scans<'u> {
    let mut scans = Scans { count: 0, uses: Vec::new() };
    for step in steps {
        let automatic = step.detail.contains(" USING AUTOMATIC ");
        // The least or the greatest is looked for, in no order that is known.
        let extreme = step.detail.starts_with("SEARCH ") && !step.detail.ends_with(')');
        let search = step.detail.strip_prefix("SEARCH ").filter(|_| automatic || extreme);
        let Some(rest) = step.detail.strip_prefix("SCAN ").or(search) else { continue };
        if rest.contains(" VIRTUAL TABLE ") {
            continue;
        }
        // Rows that are sorted, or put into groups, are all read before the first one comes.
        let all_first = steps.iter().any(|other| {
            other.parent == step.parent
                && ["USE TEMP B-TREE FOR ORDER BY", "USE TEMP B-TREE FOR GROUP BY"].contains(&other.detail.as_str())
        });
        let named = |used: &&Use| {
            let after = rest.get(used.alias.len()..).unwrap_or_default();
            let starts = rest.get(..used.alias.len()).is_some_and(|name| name.eq_ignore_ascii_case(&used.alias));
            starts && (after.is_empty() || after.starts_with(' '))
        };
        let candidates: Vec<&Use> = uses.iter().filter(named).collect();
        let Some(first) = candidates.first() else { continue };
        let in_order = first
            .order
            .first()
            .is_none_or(|(column, _)| Some(column) == first.rowid.as_ref() || Some(column) == step.leading.as_ref());
        if extreme && in_order {
            continue;
        }
        // Where one name stands for several uses, it is not sure which one is meant.
        // An index that SQLite makes for the query alone reads everything, LIMIT or not.
        let stops = !automatic && candidates.iter().any(|used| used.limited);
        if !stops || all_first {
            scans.count += 1;
            scans.uses.extend(candidates);
        }
    }
    scans
}

/// The first index, or pair of indexes, with which the planner reads less.
fn proposal(
    sql: &str,
    empty: &Connection,
    analysis: &Analysis<'_>,
    used: &Use,
    table: &Table,
    before: usize,
) -> Option<Vec<Candidate>> {
    let helps = |indexes: &[Candidate]| {
        let _ = empty.execute_batch("SAVEPOINT what_if");
        let made = indexes.iter().enumerate().all(|(number, columns)| {
            let create = format!("CREATE INDEX what_if_{number} ON {} {}", quote::name(&table.name), listing(columns));
            empty.execute_batch(&create).is_ok()
        });
        let after = if made { steps(sql, empty).map(|steps| scanned(&steps, &analysis.uses).count) } else { None };
        let _ = empty.execute_batch("ROLLBACK TO what_if; RELEASE what_if");
        after
    };
    let rowid = used.rowid.as_deref();
    let can = |column: &String| field(table, column).is_some();
    let single = candidates(used).into_iter().filter(|columns| columns.iter().all(|(column, _)| can(column)));
    let single = single.map(|candidate| vec![candidate]);
    // Each side of an OR needs an index of its own.
    let of_one = |column: &String| vec![(column.clone(), false)];
    let columns: Vec<&String> =
        used.equal.iter().chain(&used.range).filter(|column| Some(column.as_str()) != rowid && can(column)).collect();
    let pairs = columns.iter().enumerate().flat_map(|(at, one)| {
        columns[at + 1..].iter().filter(move |other| *other != one).map(move |other| vec![of_one(one), of_one(other)])
    });
    let all: Vec<Vec<Candidate>> = single.chain(pairs).collect();
    let left: Vec<(usize, &Vec<Candidate>)> =
        all.iter().filter_map(|indexes| helps(indexes).map(|after| (after, indexes))).collect();
    let best = left.iter().map(|(after, _)| *after).min().filter(|after| *after < before)?;
    left.into_iter().find(|(after, _)| *after == best).map(|(_, indexes)| indexes.clone())
}

/// Equality first, then order or range; the longest come first, and the rowid is at the end of each index anyway.
fn candidates(used: &Use) -> Vec<Candidate> {
    let plain = |columns: &[String]| columns.iter().map(|column| (column.clone(), false)).collect::<Candidate>();
    let (equal, rowid) = (plain(&used.equal), used.rowid.as_deref());
    let mut all: Vec<Candidate> = Vec::new();
    let mut add = |parts: &[&[(String, bool)]]| {
        let mut candidate: Candidate = Vec::new();
        for (column, descending) in parts.concat() {
            if candidate.iter().all(|(known, _)| *known != column) && Some(column.as_str()) != rowid {
                candidate.push((column, descending));
            }
        }
        if !candidate.is_empty() && !all.contains(&candidate) {
            all.push(candidate);
        }
    };
    if !used.order.is_empty() {
        add(&[&equal, &used.order]);
    }
    for range in &used.range {
        add(&[&equal, &[(range.clone(), false)]]);
    }
    add(&[&equal]);
    for one in &equal {
        let one = std::slice::from_ref(one);
        add(&[one, &used.order]);
        for range in &used.range {
            add(&[one, &[(range.clone(), false)]]);
        }
    }
    for one in &equal {
        add(&[std::slice::from_ref(one)]);
    }
    add(&[&used.order]);
    for range in &used.range {
        add(&[&[(range.clone(), false)]]);
    }
    for one in &used.order {
        add(&[std::slice::from_ref(one)]);
    }
    all
}

/// As SQL.
fn listing(columns: &Candidate) -> String {
    let column = |(name, descending): &(String, bool)| format!("{}{}", quote::name(name), direction(*descending));
    format!("({})", columns.iter().map(column).collect::<Vec<_>>().join(", "))
}

/// As `#[table]` takes it: by its fields. One column is read in both directions.
fn spelled(columns: &Candidate, table: &Table) -> String {
    let field = |name: &str| field(table, name).unwrap_or(name).to_owned();
    match columns.as_slice() {
        [(name, _)] => field(name),
        columns => {
            let column = |(name, descending): &(String, bool)| format!("{}{}", field(name), direction(*descending));
            format!("({})", columns.iter().map(column).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The field of a column, if it can be indexed.
fn field<'t>(table: &'t Table, column: &str) -> Option<&'t str> {
    table.columns.iter().find(|known| known.name == column)?.field.as_deref()
}

fn direction(descending: bool) -> &'static str {
    if descending { " desc" } else { "" }
}
