//! How an existing database follows its declared tables.
//!
//! What only adds is done: new tables and indexes, new columns that may be NULL or have a default. Indexes that are no longer
//! declared go. Tables that are no longer declared stay as they are. Everything else is refused, with what to do. A class with
//! migrations follows these instead: see `migrate`.

use super::database::Database;
use super::declaration::{Declaration, same};
use super::expiry::hidden;
use super::full_text;
use super::history::{self, History, Outline};
use super::migrate::ForeignKeys;
use crate::engine::{Engine, RowAccess, Space};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::table::{TableDef, quoted};
use crate::value::{Value, ValueRef};

/// The key in [`Space::Meta`] under which the fingerprint is kept.
const FINGERPRINT: &str = "schema";

/// What is said of every change that can't be followed.
const BEGIN_A_HISTORY: &str = "or begin a history: `migrations(1 = \"…\")` beside `tables(…)`, whose step 1 is the SQL of the tables as \
    existing objects have them, and whose later steps change them, in SQL or with a function";

/// The statements that make these tables, one text a table, with the placeholders for users' own column types filled in.
pub fn ddl(tables: &[&TableDef]) -> Vec<String> {
    tables.iter().map(|table| table.ddl().into_owned()).collect()
}

/// What tells one set of declared tables and migrations from another.
pub fn fingerprint(ddl: &[String], steps: &[Outline]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for statements in ddl {
        hasher.update(&(statements.len() as u64).to_le_bytes());
        hasher.update(statements.as_bytes());
    }
    for step in steps {
        // No length of a text is so large.
        hasher.update(&u64::MAX.to_le_bytes()).update(&step.hash());
    }
    *hasher.finalize().as_bytes()
}

/// A short form of the fingerprint that stands in the header of the database, where it is found without SQL: in the
/// fields that SQLite leaves to its users, `user_version` and `application_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaMark {
    user_version: u32,
    application_id: u32,
}

/// Where the two fields are in the first page.
const USER_VERSION: usize = 60;
const APPLICATION_ID: usize = 68;

impl SchemaMark {
    /// The mark of a fingerprint.
    pub fn of(fingerprint: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *fingerprint;
        SchemaMark { user_version: u32::from_be_bytes([a, b, c, d]), application_id: u32::from_be_bytes([e, f, g, h]) }
    }

    /// The mark that a database has; nothing, if its first page was not read yet.
    pub fn in_database(database: &Database) -> Result<Option<Self>> {
        database.image(|image| {
            let user_version = u32::from_be_bytes(image.header(USER_VERSION)?);
            let application_id = u32::from_be_bytes(image.header(APPLICATION_ID)?);
            Some(SchemaMark { user_version, application_id })
        })
    }

    /// Puts the mark into a database, within the open transaction.
    pub(super) fn put(self, database: &Database) -> Result<()> {
        let SchemaMark { user_version, application_id } = self;
        database.batch(&format!(
            "PRAGMA user_version = {}; PRAGMA application_id = {}",
            user_version.cast_signed(),
            application_id.cast_signed()
        ))
    }
}

/// Lets the database follow its declared tables, within the open transaction. Whether there was something to do. A change
/// that can't be made is a `storage` error that names table and column; then the transaction is to be rolled back.
pub fn follow(database: &Database, tables: &[&TableDef]) -> Result<bool> {
    let ddl = ddl(tables);
    let fingerprint = fingerprint(&ddl, &[]);
    if database.kv_get(Space::Meta, FINGERPRINT)?.as_deref() == Some(&fingerprint) {
        return Ok(false);
    }
    if let Some(history) = History::of(database)? {
        return Err(history::newer(history.last(), 0));
    }
    grow(database, &declared(database, &ddl)?, BEGIN_A_HISTORY)?;
    note(database, &fingerprint)?;
    Ok(true)
}

/// Notes which declaration the database is up to, within the open transaction.
pub(super) fn note(database: &Database, fingerprint: &[u8; 32]) -> Result<()> {
    SchemaMark::of(fingerprint).put(database)?;
    database.kv_put(Space::Meta, FINGERPRINT, fingerprint)
}

/// Adds what another database has more. `otherwise` is said of a change that can't be made so, besides what it takes.
pub(super) fn grow(database: &Database, declared: &Database, otherwise: &'static str) -> Result<()> {
    hidden::follow(database, declared)?;
    let (there, wanted) = (objects(database)?, objects(declared)?);
    let change = Change { database, declared, there, wanted, otherwise };
    change.tables()?;
    full_text::follow(database, declared)?;
    Change { there: objects(database)?, ..change }.indexes()
}

/// An empty database with an open transaction, beside another one.
pub(super) fn scratch(beside: &Database) -> Result<Database> {
    let scratch = Database::open(Image::empty(crate::Limits::DEFAULT), &beside.options())?;
    scratch.foreign_keys(ForeignKeys::Unchecked)?;
    scratch.begin_exclusive()?;
    Ok(scratch)
}

/// A database of its own, as the program declares it.
pub(super) fn declared(beside: &Database, ddl: &[String]) -> Result<Database> {
    let declared = scratch(beside)?;
    ddl.iter().try_for_each(|statements| declared.batch(statements))?;
    Ok(declared)
}

/// A table, index, trigger or view.
pub(super) struct Object {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) table: String,
    pub(super) sql: String,
}

/// Everything that was declared by SQL, in the order in which it was made.
pub(super) fn objects(database: &Database) -> Result<Vec<Object>> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL
        AND tbl_name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow') ORDER BY rowid";
    let mut objects = Vec::new();
    rows(database, sql, &[], &mut |row| {
        let [kind, name, table, sql] = [0, 1, 2, 3].map(|column| text(row, column));
        objects.push(Object { kind, name, table, sql });
    })?;
    Ok(objects)
}

/// Looks at a database, whose columns may be of any type.
pub(super) fn rows(
    database: &Database,
    sql: &str,
    values: &[Value<'_>],
    each: &mut dyn FnMut(&dyn RowAccess),
) -> Result<()> {
    database.rows(sql, values, &mut |row| {
        each(row);
        Ok(())
    })
}

pub(super) fn text(row: &dyn RowAccess, column: usize) -> String {
    match row.value(column) {
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        _ => String::new(),
    }
}

/// What SQLite says of a column.
#[derive(PartialEq, Eq)]
struct ColumnInfo {
    name: String,
    sql_type: String,
    not_null: bool,
    default: Option<String>,
    in_key: bool,
}

fn columns(database: &Database, table: &str) -> Result<Vec<ColumnInfo>> {
    let sql = "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?1)";
    let mut columns = Vec::new();
    rows(database, sql, &[Value::Text(table.into())], &mut |row| {
        columns.push(ColumnInfo {
            name: text(row, 0),
            sql_type: text(row, 1),
            not_null: text(row, 2) != "0",
            default: (row.value(3) != ValueRef::Null).then(|| text(row, 3)),
            in_key: text(row, 4) != "0",
        });
    })?;
    Ok(columns)
}

struct Change<'a> {
    database: &'a Database,
    declared: &'a Database,
    there: Vec<Object>,
    wanted: Vec<Object>,
    otherwise: &'static str,
}

impl Change<'_> {
    fn tables(&self) -> Result<()> {
        for wanted in self.wanted.iter().filter(|object| object.kind == "table" && !full_text::is_full_text(object)) {
            match self.find(wanted) {
                None => self.database.batch(&wanted.sql)?,
                Some(there) if same(&there.sql, &wanted.sql) => {}
                Some(there) => self.table(there, wanted)?,
            }
        }
        Ok(())
    }

    fn indexes(&self) -> Result<()> {
        let is_declared =
            |table: &str| self.wanted.iter().any(|object| object.kind == "table" && is(&object.name, table));
        for there in self.there.iter().filter(|object| object.kind == "index" && is_declared(&object.table)) {
            let wanted = self.wanted.iter().find(|object| object.kind == "index" && is(&object.name, &there.name));
            if !wanted.is_some_and(|wanted| same(&wanted.sql, &there.sql)) {
                self.database.batch(&format!("DROP INDEX {}", quoted(&there.name)))?;
            }
        }
        for wanted in self.wanted.iter().filter(|object| object.kind != "table") {
            match self.find(wanted) {
                Some(there) if same(&there.sql, &wanted.sql) => continue,
                Some(_) if wanted.kind != "index" => {
                    self.database.batch(&format!("DROP {} {}", wanted.kind, quoted(&wanted.name)))?;
                }
                _ => {}
            }
            let Object { kind, name, table, .. } = wanted;
            self.database.batch(&wanted.sql).map_err(|error| match error.kind() {
                ErrorKind::Conflict => self.refused(
                    format!("the {kind} `{name}` of the table `{table}` can't be made, because rows contradict it"),
                    "remove those rows with the former program first",
                ),
                _ => error,
            })?;
        }
        Ok(())
    }

    fn find(&self, wanted: &Object) -> Option<&Object> {
        self.there.iter().find(|object| object.kind == wanted.kind && is(&object.name, &wanted.name))
    }

    /// A table that is there and is declared otherwise.
    fn table(&self, there: &Object, wanted: &Object) -> Result<()> {
        let table = &wanted.name;
        let parsed = (Declaration::parse(&there.sql), Declaration::parse(&wanted.sql));
        let (Some(before), Some(after)) = parsed else {
            return Err(self.refused(
                format!("the declaration of `{table}` has changed in a way that can't be followed"),
                "declare it under another name",
            ));
        };
        if let Some((name, _)) = before.columns.iter().find(|(name, _)| after.column(name).is_none()) {
            return Err(self.refused(
                format!(
                    "the table `{table}` has a column `{name}` that the program does not declare: the object was written by a newer program, or the column was removed"
                ),
                "run the newer program, or declare the column again",
            ));
        }
        if before.rest != after.rest {
            let changed = after.rest.iter().find(|one| !before.rest.contains(one)).or(before.rest.first());
            let changed = changed.map_or("", String::as_str);
            return Err(self.refused(
                format!("the key, the constraints or the options of the table `{table}` have changed (`{changed}`)"),
                "declare a table of another name and move the rows",
            ));
        }
        let infos = (columns(self.database, table)?, columns(self.declared, table)?);
        for (name, text) in &after.columns {
            let info_of = |infos: &[ColumnInfo]| infos.iter().position(|info| is(&info.name, name));
            let (Some(wanted), there) = (info_of(&infos.1).map(|index| &infos.1[index]), info_of(&infos.0)) else {
                continue;
            };
            match (before.column(name), there.map(|index| &infos.0[index])) {
                (Some(before), _) if same(before, text) => {}
                (_, Some(there)) => return Err(self.changed(table, there, wanted)),
                (_, None) => self.add_column(table, wanted, text)?,
            }
        }
        Ok(())
    }

    fn add_column(&self, table: &str, column: &ColumnInfo, text: &str) -> Result<()> {
        let name = &column.name;
        if column.in_key || column.not_null && column.default.is_none() {
            return Err(self.refused(
                format!(
                    "the column `{name}` of the table `{table}` is new, and rows that are there would have no value for it"
                ),
                "give it a `#[default(…)]`, or make it an `Option`",
            ));
        }
        self.database.batch(&format!("ALTER TABLE {} ADD COLUMN {text}", quoted(table))).map_err(|error| {
            self.refused(
                format!("the column `{name}` of the table `{table}` is new and can't be added: {error}"),
                "give it a constant default, or make it an `Option`",
            )
        })
    }

    /// The error for a column that is declared otherwise than it is there.
    fn changed(&self, table: &str, there: &ColumnInfo, wanted: &ColumnInfo) -> Error {
        let name = &wanted.name;
        let nullability = |column: &ColumnInfo| {
            if column.not_null { "must have a value" } else { "may be NULL" }
        };
        let default = |column: &ColumnInfo| column.default.clone().unwrap_or_else(|| "none".into());
        let how = match () {
            () if there.sql_type != wanted.sql_type => {
                format!("its type was {} and is {}", there.sql_type, wanted.sql_type)
            }
            () if there.in_key != wanted.in_key => "whether it belongs to the primary key has changed".into(),
            () if there.not_null != wanted.not_null => {
                format!("it {} and now {}", nullability(there), nullability(wanted))
            }
            () if there.default != wanted.default => {
                format!("its default was {} and is {}", default(there), default(wanted))
            }
            () => "its checks, references or collation have changed".into(),
        };
        self.refused(
            format!("the column `{name}` of the table `{table}` has changed: {how}"),
            "declare a column of another name and move the values",
        )
    }

    fn refused(&self, what: String, remedy: &str) -> Error {
        let otherwise = self.otherwise;
        Error::new(ErrorKind::Storage, format!("{what}; {remedy}, {otherwise}"))
    }
}

fn is(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}
