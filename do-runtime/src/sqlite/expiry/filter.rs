//! The tables of a class as SQL of a user's may see them: each a common table expression of the table's own name.
//!
//! The conditions begin with `+`, so that SQLite takes the way to the rows that it would take without it, which is
//! the one that `sql!` looked at when the program was compiled.

use super::NOW_FUNCTION;
use crate::planted::{Defect, planted};
use crate::table::{OnDelete, ReferenceDef, TableDef, quoted};

/// The expression with the keys of rows that are gone, for tables whose rows go with rows of themselves.
const GONE: &str = "\"__do_gone\"";

/// Which rows a statement sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sqlite) enum View {
    /// All that are there: none has expired.
    All,
    /// Those that have not expired.
    Living,
}

/// A table that statements don't see as it is.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) def: &'static TableDef,
    /// Whether its rows go by themselves.
    pub(super) goes: bool,
    /// Its columns, for a list.
    pub(super) columns: String,
    /// For [`View::Living`]: its columns, and the condition.
    living: [String; 2],
    /// Whether that needs [`GONE`].
    needs_gone: bool,
}

impl Seen {
    /// The common table expression, with these further columns. None where the table can be seen as it is.
    pub(super) fn expression(&self, view: View, further: &[&str]) -> Option<String> {
        let name = quoted(self.def.name);
        let [columns, condition] = match view {
            View::All if !self.def.hides_a_column() => return None,
            View::All => [self.columns.as_str(), ""],
            View::Living => [self.living[0].as_str(), self.living[1].as_str()],
        };
        let further: String = further.iter().map(|column| format!(", {name}.{column} AS {column}")).collect();
        Some(format!("{name} AS NOT MATERIALIZED (SELECT {columns}{further} FROM main.{name}{condition})"))
    }

    /// Whether the expression needs that of the rows that are gone.
    pub(super) fn needs_gone(&self, view: View) -> bool {
        view == View::Living && self.needs_gone
    }
}

/// What the rows of a class have to do with each other.
pub(super) struct Relations {
    tables: &'static [&'static TableDef],
    goes: Vec<bool>,
    /// Rows of the table may go with rows of itself, directly or through other tables.
    cyclic: Vec<bool>,
}

impl Relations {
    pub(super) fn of(tables: &'static [&'static TableDef]) -> Self {
        let mut relations = Relations { tables, goes: Vec::new(), cyclic: vec![false; tables.len()] };
        relations.goes = tables.iter().map(|table| table.expiry.is_some()).collect();
        // Each round finds at least one more, or is the last.
        for _ in 0..tables.len() {
            for table in 0..tables.len() {
                let gone_with = relations.cascades(table).any(|(_, parent)| relations.goes[parent]);
                relations.goes[table] |= gone_with;
            }
        }
        relations.cyclic = (0..tables.len()).map(|table| relations.goes[table] && relations.reaches(table)).collect();
        relations
    }

    /// The tables that statements don't see as they are.
    pub(super) fn seen(&self) -> Vec<Seen> {
        let concerned =
            |table: &usize| self.goes[*table] || self.references(*table).any(|(_, parent)| self.goes[parent]);
        (0..self.tables.len()).filter(concerned).map(|table| self.see(table)).collect()
    }

    fn see(&self, table: usize) -> Seen {
        let def = self.tables[table];
        let name = quoted(def.name);
        let mut living = Vec::new();
        for (position, column) in def.columns.iter().enumerate() {
            let column = quoted(column.name);
            let nulled = self.references(table).find(|(reference, parent)| {
                reference.column == position && reference.on_delete == OnDelete::SetNull && self.goes[*parent]
            });
            living.push(match nulled {
                Some((_, parent)) => {
                    let lives = self.has_living(parent, &format!("{name}.{column}"), 0);
                    format!("CASE WHEN {lives} THEN {name}.{column} END AS {column}")
                }
                None => column,
            });
        }
        let condition = match self.goes[table] {
            true => format!(" WHERE {}", self.lives(table, &name, 0)),
            false => String::new(),
        };
        let columns: Vec<String> = def.columns.iter().map(|column| quoted(column.name)).collect();
        let living = [living.join(", "), condition];
        let needs_gone = living.iter().any(|text| text.contains(GONE));
        Seen { def, goes: self.goes[table], columns: columns.join(", "), living, needs_gone }
    }

    /// The common table expression of the rows that are gone, of tables whose rows go with rows of themselves.
    pub(super) fn gone(&self) -> Option<String> {
        let cyclic = || (0..self.tables.len()).filter(|table| self.cyclic[*table]);
        let begins = cyclic().filter_map(|table| {
            let (name, key) = (quoted(self.tables[table].name), self.key(table));
            let lives = self.lives_apart(table, "s", 0)?;
            Some(format!("SELECT {table}, s.{key} FROM main.{name} AS s WHERE NOT ({lives})"))
        });
        let goes_on = cyclic().flat_map(|table| {
            let (name, key) = (quoted(self.tables[table].name), self.key(table));
            self.cascades(table).filter(|(_, parent)| self.cyclic[*parent]).filter_map(move |(reference, parent)| {
                let column = quoted(self.tables[table].column_of(reference)?.name);
                Some(format!(
                    "SELECT {table}, c.{key} FROM {GONE} AS g JOIN main.{name} AS c ON c.{column} = g.\"key\" WHERE g.\"of\" = {parent}"
                ))
            })
        });
        let parts: Vec<String> = begins.chain(goes_on).collect();
        (!parts.is_empty()).then(|| format!("{GONE}(\"of\", \"key\") AS ({})", parts.join(" UNION ")))
    }

    /// The condition that a row lives.
    fn lives(&self, table: usize, row: &str, depth: usize) -> String {
        if self.cyclic[table] {
            return self.is_not_gone(table, &format!("{row}.{}", self.key(table)));
        }
        self.lives_apart(table, row, depth).unwrap_or_else(|| "1".to_owned())
    }

    /// The condition that a row lives, but for rows that go with rows of their own table. None if there is no more to it.
    fn lives_apart(&self, table: usize, row: &str, depth: usize) -> Option<String> {
        let def = self.tables[table];
        let mut conditions = Vec::new();
        if let Some(expiry) = def.expiry {
            let column = format!("{row}.{}", quoted(expiry.column));
            let later = if planted(Defect::ExpiredAtTheInstant) { ">=" } else { ">" };
            let late_enough = match expiry.ttl {
                0 => format!("+{column} {later} {NOW_FUNCTION}()"),
                ttl => format!("+{column} {later} {NOW_FUNCTION}() - {ttl}"),
            };
            let may_be_null = def.column(expiry.column).is_some_and(|column| column.null);
            conditions.push(if may_be_null { format!("({column} IS NULL OR {late_enough})") } else { late_enough });
        }
        let gone_with = |parent: usize| self.goes[parent] && !planted(Defect::ExpiredByCascade);
        for (reference, parent) in self.cascades(table).filter(|(_, parent)| gone_with(*parent)) {
            let Some(column) = def.column_of(reference) else { continue };
            if self.cyclic[table] && self.cyclic[parent] {
                continue;
            }
            let value = format!("{row}.{}", quoted(column.name));
            let lives = self.has_living(parent, &value, depth);
            conditions.push(if column.null { format!("({value} IS NULL OR {lives})") } else { lives });
        }
        (!conditions.is_empty()).then(|| conditions.join(" AND "))
    }

    /// The condition that a value that is not NULL is the key of a row that lives.
    fn has_living(&self, parent: usize, value: &str, depth: usize) -> String {
        if self.cyclic[parent] {
            return self.is_not_gone(parent, value);
        }
        let (name, row) = (quoted(self.tables[parent].name), format!("\"__do_{depth}\""));
        let lives = self.lives(parent, &row, depth + 1);
        format!("+EXISTS (SELECT 1 FROM main.{name} AS {row} WHERE {row}.{} = {value} AND {lives})", self.key(parent))
    }

    fn is_not_gone(&self, table: usize, value: &str) -> String {
        format!("{value} NOT IN (SELECT \"key\" FROM {GONE} WHERE \"of\" = {table})")
    }

    /// What is referenced: a single key.
    fn key(&self, table: usize) -> String {
        self.tables[table].key_names().next().map(quoted).unwrap_or_default()
    }

    /// The references of a table, and where the other one is.
    fn references(&self, table: usize) -> impl Iterator<Item = (&'static ReferenceDef, usize)> {
        let tables = self.tables;
        tables[table].references.iter().filter_map(move |reference| {
            let parent = tables.iter().position(|other| other.name == reference.table)?;
            Some((reference, parent))
        })
    }

    fn cascades(&self, table: usize) -> impl Iterator<Item = (&'static ReferenceDef, usize)> {
        self.references(table).filter(|(reference, _)| reference.on_delete == OnDelete::Cascade)
    }

    /// Whether cascades lead from a table back to it.
    fn reaches(&self, from: usize) -> bool {
        let mut found = vec![false; self.tables.len()];
        let mut todo = vec![from];
        while let Some(table) = todo.pop() {
            for (_, parent) in self.cascades(table) {
                if parent == from {
                    return true;
                }
                if !std::mem::replace(&mut found[parent], true) {
                    todo.push(parent);
                }
            }
        }
        false
    }
}
