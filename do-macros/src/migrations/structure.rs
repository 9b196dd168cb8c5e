//! What a database is made of: read from SQLite where it tells, and from the text of a table where it does not.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Result};

use super::{full_text, statements};
use crate::sqlite::lexer::{self, Token};

/// All that a schema has.
pub(super) struct Structure {
    /// The ordinary tables, in the order in which they were made.
    pub(super) tables: Vec<Table>,
    /// Virtual tables, triggers and views, in the order in which they were made, but for full text.
    pub(super) others: Vec<Other>,
    /// The full text of the tables and its triggers.
    pub(super) full_text: Vec<Other>,
}

/// An ordinary table.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) strict: bool,
    pub(super) columns: Vec<Column>,
    /// The columns of the primary key, in order.
    pub(super) key: Vec<String>,
    /// `UNIQUE` in the table's own text, each as its columns.
    pub(super) uniques: BTreeSet<String>,
    pub(super) checks: BTreeSet<String>,
    pub(super) references: BTreeSet<Reference>,
    /// What is rarer: collations, conflict clauses, generated columns.
    pub(super) rest: BTreeSet<String>,
    /// By name, in lower case.
    pub(super) indexes: BTreeMap<String, Index>,
    /// `CREATE TABLE …` as it was written.
    pub(super) sql: String,
}

pub(super) struct Column {
    pub(super) name: String,
    /// In upper case.
    pub(super) ty: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    pub(super) computed: bool,
}

/// A foreign key, with names in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) columns: Vec<String>,
    pub(super) table: String,
    pub(super) targets: Vec<String>,
    pub(super) on_delete: String,
    pub(super) on_update: String,
}

pub(super) struct Index {
    pub(super) name: String,
    /// The columns in lower case, of those that are no expressions.
    pub(super) columns: Vec<String>,
    pub(super) unique: bool,
    /// What it is, in one spelling.
    pub(super) meaning: String,
    pub(super) sql: String,
}

/// A virtual table, a trigger or a view.
pub(super) struct Other {
    pub(super) kind: Kind,
    pub(super) name: String,
    /// What it is, in one spelling.
    pub(super) meaning: String,
    pub(super) sql: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Virtual,
    Trigger,
    View,
}

impl Kind {
    /// As in `DROP …`.
    pub(super) fn sql(self) -> &'static str {
        match self {
            Kind::Virtual => "TABLE",
            Kind::Trigger => "TRIGGER",
            Kind::View => "VIEW",
        }
    }

    /// In a sentence.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Virtual => "virtual table",
            Kind::Trigger => "trigger",
            Kind::View => "view",
        }
    }
}

impl Structure {
    /// What is in the database.
    pub(super) fn read(db: &Connection) -> Result<Structure> {
        let mut listed = db.prepare(
            "SELECT l.name, l.type, l.strict, l.wr, s.sql FROM pragma_table_list l JOIN sqlite_schema s ON s.name = l.name
             WHERE l.schema = 'main' AND l.type IN ('table', 'virtual') AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
             AND s.type = 'table' ORDER BY s.rowid",
        )?;
        let listed = listed.query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?))
        })?;
        let (mut tables, mut others) = (Vec::new(), Vec::new());
        for listed in listed {
            let (name, ty, strict, without_rowid, sql): (String, _, bool, bool, _) = listed?;
            if ty == "virtual" {
                let meaning = meaning(&sql);
                others.push(Other { kind: Kind::Virtual, name, meaning, sql });
                continue;
            }
            let mut table = table(db, name, sql)?;
            table.strict = strict;
            if without_rowid {
                table.rest.insert("WITHOUT ROWID".to_owned());
            }
            tables.push(table);
        }
        let mut rest =
            db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY rowid")?;
        let rest = rest.query_map([], |row| {
            let (ty, sql): (String, String) = (row.get(0)?, row.get(2)?);
            let kind = if ty == "view" { Kind::View } else { Kind::Trigger };
            Ok(Other { kind, name: row.get(1)?, meaning: meaning(&sql), sql })
        })?;
        for other in rest {
            others.push(other?);
        }
        resolve_targets(&mut tables);
        let (full_text, others) = full_text::split(&tables, others);
        Ok(Structure { tables, others, full_text })
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }
}

fn table(db: &Connection, name: String, sql: String) -> Result<Table> {
    let mut info = db.prepare("SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)")?;
    let columns = info.query_map([&name], |row| {
        let default: Option<String> = row.get(3)?;
        let column = Column {
            name: row.get(0)?,
            ty: row.get::<_, String>(1)?.to_ascii_uppercase(),
            not_null: row.get(2)?,
            default: default.map(|text| statements::normal_expression(&text)),
            computed: row.get::<_, i64>(5)? > 1,
        };
        Ok((row.get::<_, i64>(4)?, column))
    })?;
    let columns: Vec<(i64, Column)> = columns.collect::<Result<_>>()?;
    let mut key: Vec<(i64, String)> =
        columns.iter().filter(|(place, _)| *place > 0).map(|(place, c)| (*place, lower(&c.name))).collect();
    key.sort();
    let mut table = Table {
        strict: false,
        columns: columns.into_iter().map(|(_, column)| column).collect(),
        key: key.into_iter().map(|(_, name)| name).collect(),
        uniques: BTreeSet::new(),
        checks: BTreeSet::new(),
        references: references(db, &name)?,
        rest: BTreeSet::new(),
        indexes: BTreeMap::new(),
        name,
        sql,
    };
    if let [only] = table.key.as_slice()
        && table.column(only).is_some_and(|column| column.ty == "INT")
    {
        // Unlike INTEGER it is not the number of the row.
        table.rest.insert("INT PRIMARY KEY".to_owned());
    }
    indexes(db, &mut table)?;
    let sql = table.sql.clone();
    for part in parts(&lexer::lex(&sql)) {
        read_part(part, &mut table);
    }
    Ok(table)
}

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn indexes(db: &Connection, table: &mut Table) -> Result<()> {
    let mut list = db.prepare(
        "SELECT l.name, l.\"unique\", l.origin, s.sql FROM pragma_index_list(?1) l
         LEFT JOIN sqlite_schema s ON s.type = 'index' AND s.name = l.name",
    )?;
    let list = list.query_map([&table.name], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get::<_, Option<String>>(3)?))
    })?;
    for listed in list {
        let (name, unique, origin, sql): (String, bool, _, _) = listed?;
        let mut columns = db.prepare("SELECT name FROM pragma_index_info(?1) WHERE name IS NOT NULL ORDER BY seqno")?;
        let columns: Vec<String> =
            columns.query_map([&name], |row| Ok(lower(&row.get::<_, String>(0)?)))?.collect::<Result<_>>()?;
        match (origin.as_str(), sql) {
            ("u", _) => {
                table.uniques.insert(columns.join(", "));
            }
            ("c", Some(sql)) => {
                let meaning = index_meaning(&sql, unique);
                table.indexes.insert(lower(&name), Index { name, columns, unique, meaning, sql });
            }
            _ => {}
        }
    }
    Ok(())
}

/// What an index is, apart from its name: ascending is what it is anyway.
fn index_meaning(sql: &str, unique: bool) -> String {
    let tokens = lexer::lex(sql);
    let on = tokens.iter().position(|token| token.is("ON")).unwrap_or(0);
    let tokens: Vec<Token<'_>> = tokens[on..].iter().filter(|token| !token.is("ASC")).copied().collect();
    format!("{}{}", if unique { "unique " } else { "" }, statements::normal(&tokens))
}

/// What a virtual table, trigger or view is.
fn meaning(sql: &str) -> String {
    let tokens: Vec<Token<'_>> = lexer::lex(sql);
    statements::normal(&tokens).replacen(" if not exists ", " ", 1)
}

fn references(db: &Connection, table: &str) -> Result<BTreeSet<Reference>> {
    let mut list = db.prepare(
        "SELECT id, \"table\", \"from\", \"to\", on_delete, on_update FROM pragma_foreign_key_list(?1) ORDER BY id, seq",
    )?;
    let mut rows = list.query([table])?;
    let mut keys: BTreeMap<i64, Reference> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let key = keys.entry(row.get(0)?).or_insert(Reference {
            columns: Vec::new(),
            table: lower(&row.get::<_, String>(1)?),
            targets: Vec::new(),
            on_delete: row.get(4)?,
            on_update: row.get(5)?,
        });
        key.columns.push(lower(&row.get::<_, String>(2)?));
        key.targets.extend(row.get::<_, Option<String>>(3)?.map(|target| lower(&target)));
    }
    Ok(keys.into_values().collect())
}

/// A reference that names no columns means the key of its table.
fn resolve_targets(tables: &mut [Table]) {
    let keys: BTreeMap<String, Vec<String>> =
        tables.iter().map(|table| (lower(&table.name), table.key.clone())).collect();
    for table in tables {
        let resolved = std::mem::take(&mut table.references).into_iter().map(|mut reference| {
            if reference.targets.is_empty() {
                reference.targets = keys.get(&reference.table).cloned().unwrap_or_default();
            }
            reference
        });
        table.references = resolved.collect();
    }
}

/// The columns and constraints between the outer parentheses of `CREATE TABLE`.
pub(super) fn parts<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let Some(open) = tokens.iter().position(|token| token.is("(")) else { return Vec::new() };
    let inner = &tokens[open + 1..];
    let close = inner.iter().position(|token| token.depth == 0 && token.is(")")).unwrap_or(inner.len());
    let between = inner[..close].split(|token| token.depth == 1 && token.is(","));
    between.filter(|part| !part.is_empty()).collect()
}

/// Whether it is a constraint of the table, and no column.
pub(super) fn is_constraint(part: &[Token<'_>]) -> bool {
    part.first().is_some_and(|first| first.is_any(&["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"]))
}

/// Reads what SQLite doesn't tell.
fn read_part(part: &[Token<'_>], table: &mut Table) {
    let owner = match part.first() {
        Some(first) if !is_constraint(part) => first.name().map(|name| lower(&name)).unwrap_or_default(),
        _ => "table".to_owned(),
    };
    for (at, token) in part.iter().enumerate().filter(|(_, token)| token.depth == 1) {
        let next = part.get(at + 1);
        let word = || next.map(|next| lower(next.text)).unwrap_or_default();
        let group = || {
            let inner = &part[(at + 2).min(part.len())..];
            let end = inner.iter().position(|token| token.depth == 1 && token.is(")")).unwrap_or(inner.len());
            statements::normal(&inner[..end])
        };
        if token.is("CHECK") {
            table.checks.insert(group());
        } else if token.is("COLLATE") {
            table.rest.insert(format!("{owner} COLLATE {}", word()));
        } else if token.is("AS") {
            let stored = if part.last().is_some_and(|last| last.is("STORED")) { " STORED" } else { "" };
            table.rest.insert(format!("{owner} AS ({}){stored}", group()));
        } else if token.is("AUTOINCREMENT") {
            table.rest.insert(format!("{owner} AUTOINCREMENT"));
        } else if token.is("CONFLICT") {
            table.rest.insert(format!("{owner} ON CONFLICT {}", word()));
        } else if token.is("INITIALLY") && next.is_some_and(|next| next.is("DEFERRED")) {
            table.rest.insert(format!("{owner} INITIALLY DEFERRED"));
        }
    }
}
