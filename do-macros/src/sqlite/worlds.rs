//! Databases with the schema of an object, kept from one query to the next.

use rusqlite::types::{Type, Value};
use rusqlite::{Connection, params_from_iter};
use std::sync::{Mutex, PoisonError};

use super::{expiry, memory};
use crate::schema::{Class, Schema};
use crate::sql::quote;

/// How many schemas are kept: an editor's server lives for days.
const KEPT: usize = 8;

/// Rows that are looked at in one trial.
const LOOKED_AT: usize = 16;

/// Three worlds with the same schema, and what only SQLite knows of it.
pub(super) struct Worlds {
    /// No rows: statements are prepared and explained here.
    pub(super) empty: Connection,
    /// One row in each table, with a value in each column.
    full: Connection,
    /// One row in each table, with NULL wherever it is allowed.
    sparse: Connection,
    /// Beside each column of the schema.
    pub(super) columns: Vec<Vec<Declared>>,
    /// The tables for full-text search and the like.
    pub(super) virtual_tables: Vec<Virtual>,
    /// The tables whose rows go by themselves.
    pub(super) going: Vec<String>,
}

/// A table for full-text search.
pub(super) struct Virtual {
    pub(super) name: String,
    /// Its columns, without the hidden ones.
    pub(super) columns: Vec<String>,
}

/// What SQLite says of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Declared {
    /// Never NULL in a row of the table.
    pub(super) not_null: bool,
    /// An INSERT has to name it.
    pub(super) required: bool,
    /// It is the rowid, which SQLite assigns in place of NULL.
    pub(super) rowid: bool,
}

/// Runs `ask` in the worlds of a schema.
///
/// The result depends on the schema alone, never on what was kept. Neither tokens nor spans may be kept: they live no
/// longer than the expansion that made them.
pub(super) fn with<T>(schema: &Schema, ask: impl FnOnce(&Worlds) -> T) -> rusqlite::Result<T> {
    static WORLDS: Mutex<Vec<(String, Worlds)>> = Mutex::new(Vec::new());
    let mut ddl = schema.ddl();
    // Two schemas may differ in that alone.
    ddl.extend(schema.tables.iter().filter(|table| table.expires).map(|table| format!("-- {} expires\n", table.name)));
    let mut kept = WORLDS.lock().unwrap_or_else(PoisonError::into_inner);
    // The latest one is the last.
    let found = kept.iter().position(|(known, _)| *known == ddl);
    let entry = match found {
        Some(position) => kept.remove(position),
        None => {
            let worlds = Worlds::new(schema, &ddl)?;
            (ddl, worlds)
        }
    };
    if kept.len() == KEPT {
        kept.remove(0);
    }
    let result = ask(&entry.1);
    kept.push(entry);
    Ok(result)
}

impl Worlds {
    fn new(schema: &Schema, ddl: &str) -> rusqlite::Result<Worlds> {
        let world = || -> rusqlite::Result<Connection> {
            let connection = memory::open()?;
            connection.execute_batch(ddl)?;
            Ok(connection)
        };
        let (empty, full, sparse) = (world()?, world()?, world()?);
        let columns: Vec<_> =
            schema.tables.iter().map(|table| declared(&empty, table)).collect::<rusqlite::Result<_>>()?;
        for (table, columns) in schema.tables.iter().zip(&columns) {
            seed(&full, table, |_| true);
            seed(&sparse, table, |position| columns[position].not_null);
        }
        let virtual_tables = virtual_tables(&empty)?;
        let going = expiry::going(schema, &empty)?;
        Ok(Worlds { empty, full, sparse, columns, virtual_tables, going })
    }

    /// What was seen in each result column of a query in all worlds. Whatever goes wrong only means less evidence.
    pub(super) fn trial(&self, sql: &str, columns: usize) -> Vec<Vec<Type>> {
        let mut seen = vec![Vec::new(); columns];
        for world in [&self.empty, &self.full, &self.sparse] {
            // A text that looks like a number is found in columns of both classes.
            for value in [Value::Integer(1), Value::Text("1".to_owned())] {
                let _ = observe(world, sql, &value, &mut seen);
            }
        }
        seen
    }
}

/// Runs a query with `value` in place of each parameter.
fn observe(world: &Connection, sql: &str, value: &Value, seen: &mut [Vec<Type>]) -> rusqlite::Result<()> {
    memory::renew_budget();
    let mut statement = world.prepare(sql)?;
    let values = vec![value; statement.parameter_count()];
    let mut rows = statement.query(params_from_iter(values))?;
    for _ in 0..LOOKED_AT {
        let Some(row) = rows.next()? else { break };
        for (position, seen) in seen.iter_mut().enumerate() {
            seen.push(row.get_ref(position)?.data_type());
        }
    }
    Ok(())
}

fn virtual_tables(empty: &Connection) -> rusqlite::Result<Vec<Virtual>> {
    let names: Vec<String> = empty
        .prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut columns = empty.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let with_columns = names.into_iter().map(|name| {
        let columns = columns.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(Virtual { name, columns })
    });
    with_columns.collect()
}

fn declared(empty: &Connection, table: &crate::schema::Table) -> rusqlite::Result<Vec<Declared>> {
    let mut statement =
        empty.prepare("SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_info(?1)")?;
    let told: Vec<(String, String, bool, bool, i64)> = statement
        .query_map([&table.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let one_key = told.iter().filter(|column| column.4 > 0).count() == 1;
    let find = |name: &str| told.iter().find(|column| column.0.eq_ignore_ascii_case(name));
    let declared = table.columns.iter().map(|column| match find(&column.name) {
        Some((_, ty, not_null, has_default, key)) => {
            let rowid = one_key && *key > 0 && ty.eq_ignore_ascii_case("INTEGER");
            Declared { not_null: *not_null || rowid, required: *not_null && !has_default && !rowid, rowid }
        }
        None => Declared::default(),
    });
    Ok(declared.collect())
}

/// Puts a row into a table. Every value is 1 or '1', so that a trial with 1 finds it.
fn seed(world: &Connection, table: &crate::schema::Table, wanted: impl Fn(usize) -> bool) {
    let used: Vec<_> =
        table.columns.iter().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, column)| column).collect();
    let names: Vec<String> = used.iter().map(|column| quote::name(&column.name)).collect();
    let values: Vec<&str> = used
        .iter()
        .map(|column| match column.class {
            Some(Class::Text) => "'1'",
            Some(Class::Real) => "1.0",
            Some(Class::Blob) => "x'31'",
            Some(Class::Integer) | None => "1",
        })
        .collect();
    let name = quote::name(&table.name);
    let insert = match names.is_empty() {
        true => format!("INSERT INTO {name} DEFAULT VALUES"),
        false => format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", ")),
    };
    memory::renew_budget();
    // A trigger may refuse the row; the world is then a little emptier.
    let _ = world.execute_batch("PRAGMA ignore_check_constraints = ON");
    let _ = world.execute_batch(&insert);
}
