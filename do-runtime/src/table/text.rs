//! The SQL of the operations on tables: written here alone, once for each table and shape, and kept, so that a
//! hot operation formats nothing.

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::Hash;
use std::ops::Bound;
use std::sync::LazyLock;

use parking_lot::RwLock;

use super::TableDef;

/// The texts of a table's operations. A parameter `?n` stands for column n of the table, counted from 1; those of
/// `get` and `delete` for the columns of the key.
#[derive(Debug)]
pub(super) struct TableText {
    pub(super) insert: String,
    pub(super) upsert: String,
    pub(super) update: String,
    pub(super) delete: String,
    pub(super) get: String,
    pub(super) count: String,
}

/// Texts that are kept for the life of the program. There are as many as tables and finders in it.
///
/// A definition is known by its address. The compiler may put one definition at several addresses, or equal ones at
/// one; neither makes a text wrong.
struct Kept<K, V: 'static>(LazyLock<RwLock<HashMap<K, &'static V>>>);

impl<K: Eq + Hash, V> Kept<K, V> {
    const fn new() -> Self {
        Kept(LazyLock::new(|| RwLock::new(HashMap::new())))
    }

    fn get(&self, key: K, make: impl FnOnce() -> V) -> &'static V {
        if let Some(kept) = self.0.read().get(&key) {
            return kept;
        }
        self.0.write().entry(key).or_insert_with(|| Box::leak(Box::new(make())))
    }
}

/// The texts of a table.
pub(super) fn of(table: &'static TableDef) -> &'static TableText {
    static TEXTS: Kept<usize, TableText> = Kept::new();
    TEXTS.get(std::ptr::from_ref(table).addr(), || TableText::new(table))
}

impl TableText {
    fn new(table: &TableDef) -> Self {
        let name = quoted(table.name);
        let columns = list(table.columns.iter().map(|column| quoted(column.name)), ", ");
        let numbers = list((1..=table.columns.len()).map(|number| format!("?{number}")), ", ");
        let key = list(table.key_names().map(quoted), ", ");
        let is_key = |index: &usize| table.key.contains(index);
        let others = || (0..table.columns.len()).filter(|index| !is_key(index));

        let insert = format!("INSERT INTO {name} ({columns}) VALUES ({numbers})");
        let excluded = others().map(|index| quoted(table.columns[index].name)).map(|c| format!("{c} = excluded.{c}"));
        let upsert = match list(excluded, ", ") {
            nothing if nothing.is_empty() => format!("{insert} ON CONFLICT ({key}) DO NOTHING"),
            changes => format!("{insert} ON CONFLICT ({key}) DO UPDATE SET {changes}"),
        };
        let equals = |index: usize| format!("{} = ?{}", quoted(table.columns[index].name), index + 1);
        let changes = match list(others().map(equals), ", ") {
            // The key alone: an update only finds out whether the row is there.
            nothing if nothing.is_empty() => list(table.key.iter().copied().map(equals), ", "),
            changes => changes,
        };
        let this = list(table.key.iter().copied().map(equals), " AND ");
        let by_key = table.key_names().enumerate().map(|(at, column)| format!("{} = ?{}", quoted(column), at + 1));
        let by_key = list(by_key, " AND ");
        TableText {
            update: format!("UPDATE {name} SET {changes} WHERE {this}"),
            delete: format!("DELETE FROM {name} WHERE {by_key}"),
            get: format!("SELECT {columns} FROM {name} WHERE {by_key}"),
            count: format!("SELECT count(*) FROM {name}"),
            insert,
            upsert,
        }
    }
}

/// What is wanted of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum SearchWanted {
    /// The rows.
    Rows,
    /// The rows, their rank and a snippet.
    Matches,
    /// How many there are.
    Count,
}

/// The text of a search. Its parameters are the query, the limit, and for matches what `snippet` takes: the column's
/// position, the marks, and how many words.
pub(super) fn search(table: &'static TableDef, wanted: SearchWanted) -> &'static str {
    static TEXTS: Kept<(usize, SearchWanted), String> = Kept::new();
    TEXTS.get((std::ptr::from_ref(table).addr(), wanted), || {
        let (name, found) = (quoted(table.name), quoted(&full_text(table.name)));
        let key = list(table.key_names().map(quoted), ", ");
        // The other way round SQLite would look through all rows.
        let from =
            format!("FROM {found} CROSS JOIN {name} ON {name}.{key} = {found}.rowid WHERE {found}.{found} MATCH ?1");
        let columns = || list(table.columns.iter().map(|column| format!("{name}.{}", quoted(column.name))), ", ");
        let order = format!("ORDER BY {found}.rank LIMIT ?2");
        match wanted {
            SearchWanted::Rows => format!("SELECT {} {from} {order}", columns()),
            SearchWanted::Matches => format!(
                "SELECT {}, {found}.rank, snippet({found}.{found}, ?3, ?4, ?5, '…', ?6) {from} {order}",
                columns()
            ),
            SearchWanted::Count => format!("SELECT count(*) FROM (SELECT 1 {from} LIMIT ?2)"),
        }
    })
}

/// The name of the full-text table of a table.
pub(crate) fn full_text(table: &str) -> String {
    format!("{table}_search")
}

/// In which order a finder gives its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Order {
    /// That of the index.
    Forward,
    /// The reverse.
    Backward,
}

/// What a finder asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    Rows,
    Count,
}

/// A finder without its values: what its text depends on. The parameters are those of `columns`, the bounds, the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct FindShape {
    pub(super) columns: &'static [&'static str],
    pub(super) next: Option<&'static str>,
    pub(super) lower: Bound<()>,
    pub(super) upper: Bound<()>,
    pub(super) order: Order,
    pub(super) wanted: Wanted,
}

/// The text of a finder.
pub(super) fn find(table: &'static TableDef, shape: FindShape) -> &'static str {
    static TEXTS: Kept<(usize, FindShape), String> = Kept::new();
    TEXTS.get((std::ptr::from_ref(table).addr(), shape), || shape.text(table))
}

impl FindShape {
    fn text(&self, table: &TableDef) -> String {
        let name = quoted(table.name);
        let condition = self.condition(table);
        match self.wanted {
            Wanted::Count => format!("SELECT count(*) FROM (SELECT 1 FROM {name}{condition} LIMIT ?)"),
            Wanted::Rows => {
                let columns = list(table.columns.iter().map(|column| quoted(column.name)), ", ");
                let order = self.order_by(table);
                format!("SELECT {columns} FROM {name}{condition} ORDER BY {order} LIMIT ?")
            }
        }
    }

    fn condition(&self, table: &TableDef) -> String {
        let equal = |name: &&str| {
            // NULL is found by `IS` alone; a column that can't be NULL has the better known operator.
            let nullable = table.column(name).is_some_and(|column| column.null);
            format!("{} {} ?", quoted(name), if nullable { "IS" } else { "=" })
        };
        let mut terms: Vec<String> = self.columns.iter().map(equal).collect();
        if let Some(next) = self.next {
            let next = quoted(next);
            match self.lower {
                Bound::Included(()) => terms.push(format!("{next} >= ?")),
                Bound::Excluded(()) => terms.push(format!("{next} > ?")),
                Bound::Unbounded => {}
            }
            match self.upper {
                Bound::Included(()) => terms.push(format!("{next} <= ?")),
                Bound::Excluded(()) => terms.push(format!("{next} < ?")),
                Bound::Unbounded => {}
            }
        }
        if terms.is_empty() { String::new() } else { format!(" WHERE {}", terms.join(" AND ")) }
    }

    /// The columns of the index after those that are given, then the rowid, as the index itself is ordered.
    fn order_by(&self, table: &TableDef) -> String {
        let mut terms: Vec<(&str, bool)> = self.rest(table);
        terms.push((table.rowid(), false));
        let backward = self.order == Order::Backward;
        list(
            terms.into_iter().map(|(column, descending)| {
                let direction = if descending == backward { "" } else { " DESC" };
                format!("{}{direction}", quoted(column))
            }),
            ", ",
        )
    }

    /// The columns that follow in the first index that begins so, best in the one that has no others; or in the
    /// primary key.
    fn rest(&self, table: &TableDef) -> Vec<(&'static str, bool)> {
        let given = self.columns.len();
        let begins = |columns: &[(&'static str, bool)]| {
            let mut names = columns.iter().map(|(name, _)| *name);
            self.columns.iter().all(|name| names.next() == Some(name))
                && (self.next.is_none() || names.next() == self.next)
        };
        let key: Vec<(&'static str, bool)> = table.key_names().map(|name| (name, false)).collect();
        let declared = table.indexes.iter().map(|index| index.columns);
        let fitting = || declared.clone().chain([key.as_slice()]).filter(|columns| begins(columns));
        match fitting().find(|columns| columns.len() == given).or_else(|| fitting().next()) {
            Some(columns) => columns[given..].to_vec(),
            None => self.next.map(|next| (next, false)).into_iter().collect(),
        }
    }
}

/// A name in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(items: impl IntoIterator<Item = String>, separator: &str) -> String {
    let mut text = String::new();
    for item in items {
        let separator = if text.is_empty() { "" } else { separator };
        // Writing to a `String` does not fail.
        let _ = write!(text, "{separator}{item}");
    }
    text
}
