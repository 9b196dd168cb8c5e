//! The column of a table with a plain `ttl`, in databases that are there already.
//!
//! Like full text it follows the declared tables by itself, and no migration speaks of it. Rows that are there when a table gains
//! a `ttl` count as written then. While migrations run the tables are without it; what it said is put aside until they have run,
//! by the keys of the rows.

use super::super::database::Database;
use super::super::declaration::Declaration;
use super::super::handler_context::HandlerContext;
use super::super::schema::{Object, objects, rows, text};
use crate::error::{Error, ErrorKind, Result};
use crate::table::{WRITTEN_AT, quoted};
use crate::value::Value;

/// Before the name of a table: where its times are while migrations run.
const ASIDE: &str = "__do_written_";

/// What every row has until it has the time at which it was written.
const MADE: &str = "INTEGER NOT NULL DEFAULT 0";

/// Lets the column follow in all tables, and its index, within the open transaction, when the declared tables are there.
/// `declared` is a database as the program declares it.
pub(in crate::sqlite) fn follow(database: &Database, declared: &Database) -> Result<()> {
    let (there, wanted) = (objects(database)?, objects(declared)?);
    let is_table = |object: &&Object| object.kind == "table";
    for wanted_table in wanted.iter().filter(is_table) {
        let Some(table) = there.iter().filter(is_table).find(|there| is(&there.name, &wanted_table.name)) else {
            continue;
        };
        match (column(table), column(wanted_table)) {
            (None, Some(column)) => {
                add(database, table, column)?;
                for index in wanted.iter().filter(|index| is_index_of(index, &wanted_table.name)) {
                    database.batch(&index.sql)?;
                }
            }
            (Some(_), None) => remove(database, table, &there)?,
            _ => {}
        }
    }
    Ok(())
}

/// Takes the column away from all tables, within the open transaction, and puts aside what it said: steps of a migration find
/// the tables as they are declared.
pub(in crate::sqlite) fn take_away(database: &Database) -> Result<()> {
    let there = objects(database)?;
    for table in there.iter().filter(|object| object.kind == "table" && column(object).is_some()) {
        let (aside, name) = (quoted(&format!("{ASIDE}{}", table.name)), quoted(&table.name));
        let key = list(key(database, &table.name)?.iter().map(|column| quoted(column)));
        database.batch(&format!("CREATE TABLE {aside} AS SELECT {key}, {WRITTEN_AT} FROM {name}"))?;
        remove(database, table, &there)?;
    }
    Ok(())
}

/// Puts back what was put aside, within the open transaction, where the tables and their keys are still there.
pub(in crate::sqlite) fn bring_back(database: &Database) -> Result<()> {
    let there = objects(database)?;
    for aside in there.iter().filter(|object| object.kind == "table" && object.name.starts_with(ASIDE)) {
        let table = there.iter().find(|table| table.kind == "table" && is(&table.name, &aside.name[ASIDE.len()..]));
        if let Some(table) = table.filter(|table| column(table).is_some()) {
            let (of, key) = (columns(database, &aside.name)?, key(database, &table.name)?);
            if key.len() + 1 == of.len() && key.iter().all(|column| of.iter().any(|other| is(other, column))) {
                let same =
                    key.iter().map(|column| quoted(column)).map(|column| format!("aside.{column} = here.{column}"));
                database.batch(&format!(
                    "UPDATE {} AS here SET {WRITTEN_AT} = aside.{WRITTEN_AT} FROM {} AS aside WHERE {}",
                    quoted(&table.name),
                    quoted(&aside.name),
                    same.collect::<Vec<_>>().join(" AND ")
                ))?;
            }
        }
        database.batch(&format!("DROP TABLE {}", quoted(&aside.name)))?;
    }
    Ok(())
}

/// Whether it is an index over the column.
pub(in crate::sqlite) fn is_index(sql: &str) -> bool {
    sql.contains(WRITTEN_AT)
}

fn is_index_of(object: &Object, table: &str) -> bool {
    object.kind == "index" && is(&object.table, table) && is_index(&object.sql)
}

/// The column as it is declared.
fn column(table: &Object) -> Option<&str> {
    Declaration::parse(&table.sql)?.column(WRITTEN_AT)
}

fn remove(database: &Database, table: &Object, there: &[Object]) -> Result<()> {
    for index in there.iter().filter(|index| is_index_of(index, &table.name)) {
        database.batch(&format!("DROP INDEX {}", quoted(&index.name)))?;
    }
    database.batch(&format!("ALTER TABLE {} DROP COLUMN {WRITTEN_AT}", quoted(&table.name)))
}

/// SQLite adds no column with a default that is computed to a table with rows. So it is added with a constant, each row is given
/// its value, and then the default is put into the text of the table, as SQLite's documentation of ALTER TABLE describes it.
fn add(database: &Database, table: &Object, column: &str) -> Result<()> {
    let name = quoted(&table.name);
    database.batch(&format!("ALTER TABLE {name} ADD COLUMN {WRITTEN_AT} {MADE}"))?;
    let sql = format!("UPDATE {name} SET {WRITTEN_AT} = ?1");
    database.write(&sql, &[Value::Integer(HandlerContext::now().as_millis())])?;
    let now_there = objects(database)?;
    let now_there = now_there.iter().find(|object| object.kind == "table" && object.name == table.name);
    let text = now_there.map(|table| table.sql.as_str()).unwrap_or_default();
    let made = format!("{WRITTEN_AT} {MADE}");
    if text.matches(&made).count() != 1 {
        let message = format!("the column `{WRITTEN_AT}` of the table `{}` is not as it was made", table.name);
        return Err(Error::new(ErrorKind::Internal, message));
    }
    database.write_schema(&table.name, &text.replace(&made, column))
}

impl Database {
    /// Puts another text for a table into the schema, within the open transaction: one that its rows fit as they are.
    fn write_schema(&self, table: &str, sql: &str) -> Result<()> {
        let values = [Value::Text(sql.into()), Value::Text(table.into())];
        let text = "UPDATE sqlite_schema SET sql = ?1 WHERE type = 'table' AND name = ?2";
        self.session.undefended(|| {
            self.batch("PRAGMA writable_schema = ON")?;
            let written = self.write(text, &values).map(drop);
            // The schema is read anew.
            let reset = self.batch("PRAGMA writable_schema = RESET");
            written.and(reset)
        })
    }
}

/// The columns of the primary key.
fn key(database: &Database, table: &str) -> Result<Vec<String>> {
    let mut key = Vec::new();
    let sql = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";
    rows(database, sql, &[Value::Text(table.into())], &mut |row| key.push(text(row, 0)))?;
    Ok(key)
}

fn columns(database: &Database, table: &str) -> Result<Vec<String>> {
    let mut columns = Vec::new();
    let sql = "SELECT name FROM pragma_table_info(?1)";
    rows(database, sql, &[Value::Text(table.into())], &mut |row| columns.push(text(row, 0)))?;
    Ok(columns)
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
