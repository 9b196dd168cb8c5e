//! What the tables of a database are, whatever text made them: for comparing two databases.

use std::collections::{BTreeMap, BTreeSet};

use super::database::Database;
use super::declaration::{self, Declaration};
use super::expiry::hidden;
use super::full_text;
use super::schema::{rows, text};
use crate::error::Result;
use crate::table::WRITTEN_AT;
use crate::value::{Value, ValueRef};

/// The tables, views and triggers of a database. The order of columns is not part of it, nor how constraints are written, nor
/// the full text of tables and the column of a `ttl`, which follow them by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// By their names in lower case.
    tables: BTreeMap<String, Table>,
}

/// What is to be known of a table or view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Table {
    name: String,
    /// By their names in lower case: type, nullability, default, collation.
    columns: BTreeMap<String, String>,
    /// Primary key and options; for a view or a virtual table, its whole text.
    whole: String,
    /// Checks, references, unique keys.
    constraints: BTreeSet<String>,
    /// Indexes that only make queries faster.
    indexes: BTreeSet<String>,
    /// Triggers.
    triggers: BTreeSet<String>,
}

impl Shape {
    /// Looks at a database.
    pub(super) fn of(database: &Database) -> Result<Self> {
        let sql = "SELECT t.name, t.type, t.wr, t.strict, s.sql FROM pragma_table_list AS t
            JOIN sqlite_schema AS s ON s.name = t.name AND s.type IN ('table', 'view')
            WHERE t.schema = 'main' AND t.type IN ('table', 'view', 'virtual')
            AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE '\\_\\_do\\_%' ESCAPE '\\'";
        let mut found = Vec::new();
        rows(database, sql, &[], &mut |row| found.push([0, 1, 2, 3, 4].map(|column| text(row, column))))?;
        let full_text = full_text::names(database)?;
        let mut tables = BTreeMap::new();
        found.retain(|[name, ..]| !full_text.contains(&name.to_ascii_lowercase()));
        for [name, kind, without_rowid, strict, sql] in found {
            let mut table = match kind.as_str() {
                "table" => Table::look(database, &name, &sql, without_rowid == "1", strict == "1")?,
                _ => Table { whole: declaration::normal(&sql), ..Table::default() },
            };
            table.triggers = triggers(database, &name, &full_text)?;
            let key = name.to_ascii_lowercase();
            tables.insert(key, Table { name, ..table });
        }
        Ok(Shape { tables })
    }

    /// The names of its tables.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    /// Only the tables of these names.
    pub(super) fn only(&self, names: &BTreeSet<&str>) -> Self {
        let kept = self.tables.iter().filter(|(name, _)| names.contains(name.as_str()));
        Shape { tables: kept.map(|(name, table)| (name.clone(), table.clone())).collect() }
    }

    /// In what it is not as another one wants it: the first difference. Nobody minds further tables, plain indexes and
    /// triggers.
    pub(super) fn lacks(&self, wanted: &Shape) -> Option<String> {
        if let Some((_, missing)) = wanted.tables.iter().find(|(key, _)| !self.tables.contains_key(*key)) {
            return Some(format!("there is no table `{}`", missing.name));
        }
        wanted.tables.iter().find_map(|(key, wanted)| self.tables.get(key)?.lacks(wanted))
    }
}

impl Table {
    fn look(database: &Database, name: &str, sql: &str, without_rowid: bool, strict: bool) -> Result<Self> {
        let (columns, key) = columns(database, name, sql, without_rowid || strict)?;
        let mut whole = format!("PRIMARY KEY ({})", key.join(", "));
        let autoincrement = declaration::normal(sql).split(' ').any(|word| word == "autoincrement");
        let options = [(strict, "STRICT"), (without_rowid, "WITHOUT ROWID"), (autoincrement, "AUTOINCREMENT")];
        for (_, option) in options.iter().filter(|(is, _)| *is) {
            whole.push_str(", ");
            whole.push_str(option);
        }
        let (unique, indexes) = indexes(database, name)?;
        let checks = declaration::checks(sql).into_iter().map(|check| format!("CHECK ({check})"));
        let constraints = unique.into_iter().chain(checks).chain(references(database, name)?).collect();
        Ok(Table { columns, whole, constraints, indexes, ..Table::default() })
    }

    fn lacks(&self, wanted: &Table) -> Option<String> {
        let name = &wanted.name;
        for (column, wanted) in &wanted.columns {
            match self.columns.get(column) {
                None => return Some(format!("the table `{name}` has no column `{column}`")),
                Some(there) if there != wanted && !has_default_besides(there, wanted) => {
                    return Some(format!(
                        "the column `{column}` of the table `{name}` is `{there}` and not `{wanted}`"
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(column) = self.columns.keys().find(|column| !wanted.columns.contains_key(*column)) {
            return Some(format!("the table `{name}` has a column `{column}` that should not be there"));
        }
        if self.whole != wanted.whole {
            return Some(format!("the table `{name}` is made with `{}` and not `{}`", self.whole, wanted.whole));
        }
        if let Some(constraint) = self.constraints.difference(&wanted.constraints).next() {
            return Some(format!("the table `{name}` has `{constraint}`, which should not be there"));
        }
        let missing = wanted.constraints.difference(&self.constraints);
        let missing = missing.chain(wanted.indexes.difference(&self.indexes));
        let missing = missing.chain(wanted.triggers.difference(&self.triggers)).next();
        missing.map(|missing| format!("the table `{name}` has no `{missing}`"))
    }
}

/// Whether only a default makes the difference, of a column that must have a value. Without one ALTER TABLE can't add such a
/// column, and there is no way to take it back.
fn has_default_besides(there: &str, wanted: &str) -> bool {
    wanted.ends_with(" NOT NULL") && there.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(" DEFAULT "))
}

/// The columns, and the names of those of the primary key.
fn columns(
    database: &Database,
    table: &str,
    sql: &str,
    key_has_values: bool,
) -> Result<(BTreeMap<String, String>, Vec<String>)> {
    let declared = Declaration::parse(sql);
    let mut columns = BTreeMap::new();
    let mut key = Vec::new();
    let sql = "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)";
    rows(database, sql, &[Value::Text(table.into())], &mut |row| {
        let name = text(row, 0);
        if name == WRITTEN_AT {
            return;
        }
        let mut fact = text(row, 1).to_ascii_uppercase();
        let place = match row.value(4) {
            ValueRef::Integer(place) => place,
            _ => 0,
        };
        // A key of one INTEGER is the rowid.
        if text(row, 2) != "0" || place > 0 && (key_has_values || fact == "INTEGER") {
            fact.push_str(" NOT NULL");
        }
        if row.value(3) != ValueRef::Null {
            fact.push_str(" DEFAULT ");
            fact.push_str(&declaration::normal(&text(row, 3)));
        }
        let written = declared.as_ref().and_then(|declared| declared.column(&name)).map(declaration::normal);
        if text(row, 5) != "0" {
            fact.push(' ');
            fact.push_str(written.as_deref().unwrap_or("GENERATED"));
        } else if let Some((_, collation)) = written.as_deref().and_then(|written| written.split_once(" collate ")) {
            fact.push_str(" COLLATE ");
            fact.push_str(collation.split(' ').next().unwrap_or_default());
        }
        if place > 0 {
            key.push((place, name.clone()));
        }
        columns.insert(name.to_ascii_lowercase(), fact);
    })?;
    key.sort();
    Ok((columns, key.into_iter().map(|(_, name)| name.to_ascii_lowercase()).collect()))
}

/// The unique keys, and the other indexes.
fn indexes(database: &Database, table: &str) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
    let sql = "SELECT l.name, l.\"unique\", l.partial, s.sql FROM pragma_index_list(?1) AS l
        LEFT JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name WHERE l.origin <> 'pk'";
    let mut found = Vec::new();
    rows(database, sql, &[Value::Text(table.into())], &mut |row| found.push([0, 1, 2, 3].map(|at| text(row, at))))?;
    let (mut unique, mut others) = (BTreeSet::new(), BTreeSet::new());
    for [name, is_unique, partial, sql] in found.into_iter().filter(|[.., sql]| !hidden::is_index(sql)) {
        let sql_of_parts = "SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno";
        let (mut parts, mut of_columns) = (Vec::new(), partial == "0");
        rows(database, sql_of_parts, &[Value::Text(name.as_str().into())], &mut |row| {
            of_columns &= row.value(0) != ValueRef::Null;
            let mut part = text(row, 0).to_ascii_lowercase();
            if text(row, 1) != "0" {
                part.push_str(" DESC");
            }
            if !text(row, 2).eq_ignore_ascii_case("BINARY") {
                part.push_str(" COLLATE ");
                part.push_str(&text(row, 2).to_ascii_lowercase());
            }
            parts.push(part);
        })?;
        let what = match of_columns {
            true => format!("({})", parts.join(", ")),
            // Expressions and conditions are only in the text.
            false => {
                let normal = declaration::normal(&sql);
                normal.find('(').map_or_else(String::new, |at| normal[at..].to_owned())
            }
        };
        match is_unique == "1" {
            true => unique.insert(format!("UNIQUE {what}")),
            false => others.insert(format!("INDEX {what}")),
        };
    }
    Ok((unique, others))
}

/// The references to other tables.
fn references(database: &Database, table: &str) -> Result<BTreeSet<String>> {
    let sql = "SELECT f.id, f.\"table\", f.\"from\", coalesce(f.\"to\", (SELECT name FROM pragma_table_xinfo(f.\"table\")
            WHERE pk = f.seq + 1)), f.on_update, f.on_delete FROM pragma_foreign_key_list(?1) AS f ORDER BY f.id, f.seq";
    let mut by_id: BTreeMap<String, Reference> = BTreeMap::new();
    rows(database, sql, &[Value::Text(table.into())], &mut |row| {
        let [id, parent, from, to, on_update, on_delete] = [0, 1, 2, 3, 4, 5].map(|at| text(row, at));
        let reference = by_id.entry(id).or_default();
        reference.parent = parent.to_ascii_lowercase();
        reference.child.push(from.to_ascii_lowercase());
        reference.key.push(to.to_ascii_lowercase());
        reference.actions = format!("ON UPDATE {on_update} ON DELETE {on_delete}");
    })?;
    let shown = |Reference { parent, child, key, actions }| {
        format!("FOREIGN KEY ({}) REFERENCES {parent} ({}) {actions}", child.join(", "), key.join(", "))
    };
    Ok(by_id.into_values().map(shown).collect())
}

/// A reference to another table: columns of this one, a key of that one.
#[derive(Default)]
struct Reference {
    parent: String,
    child: Vec<String>,
    key: Vec<String>,
    actions: String,
}

fn triggers(database: &Database, table: &str, full_text: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    let mut triggers = BTreeSet::new();
    let sql = "SELECT sql, name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE";
    rows(database, sql, &[Value::Text(table.into())], &mut |row| {
        if !full_text.contains(&text(row, 1).to_ascii_lowercase()) {
            triggers.insert(declaration::normal(&text(row, 0)));
        }
    })?;
    Ok(triggers)
}
