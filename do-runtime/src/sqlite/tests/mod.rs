//! The database of an object, the VFS layers below it, schemas that grow, and migrations.

mod alarms;
mod differential;
mod disk;
mod full_text;
mod guarded;
mod limited;
mod logic;
mod migrations;
mod outbox;
mod replies;
mod schemas;
mod transactions;
mod virtual_world;

use std::ops::ControlFlow;
use std::sync::Arc;

use super::{Database, DatabaseOptions, build_template};
use crate::Limits;
use crate::engine::{Engine, Executed, Params};
use crate::env::SeededRandom;
use crate::error::{Error, Result};
use crate::image::{Image, Page};
use crate::value::{Value, ValueRef};

const NONE: Params<'_> = Params::Positional(&[]);

fn options(limits: Limits) -> DatabaseOptions {
    DatabaseOptions { limits, random: Arc::new(SeededRandom::new(1)) }
}

fn template(ddl: &str) -> Vec<Arc<Page>> {
    build_template(&[ddl.to_owned()], &[]).unwrap()
}

fn opened(pages: &[Arc<Page>], limits: Limits) -> Database {
    Database::open(Image::from_template(pages, limits), &options(limits)).unwrap()
}

/// A new object with these tables.
fn object(ddl: &str) -> Database {
    opened(&template(ddl), Limits::DEFAULT)
}

fn try_run(database: &Database, sql: &str) -> Result<Executed> {
    database.execute(sql, NONE)
}

#[track_caller]
fn run(database: &Database, sql: &str) -> Executed {
    try_run(database, sql).unwrap()
}

#[track_caller]
fn refused(database: &Database, sql: &str) -> Error {
    try_run(database, sql).unwrap_err()
}

/// Runs statements in a transaction of their own and gives its delta.
#[track_caller]
fn commit(database: &Database, statements: &[&str]) -> Vec<u8> {
    database.begin_exclusive().unwrap();
    for sql in statements {
        run(database, sql);
    }
    let mut delta = Vec::new();
    database.commit(&mut delta).unwrap();
    delta
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => text.to_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// The rows of a query, columns joined by `|`.
#[track_caller]
fn rows_with(database: &Database, sql: &str, params: Params<'_>) -> Vec<String> {
    let mut rows = Vec::new();
    let each = &mut |row: &dyn crate::engine::RowAccess| {
        rows.push((0..row.columns()).map(|column| shown(row.value(column))).collect::<Vec<_>>().join("|"));
        Ok(ControlFlow::Continue(()))
    };
    database.query(sql, params, each).unwrap();
    rows
}

#[track_caller]
fn rows(database: &Database, sql: &str) -> Vec<String> {
    rows_with(database, sql, NONE)
}

#[track_caller]
fn one(database: &Database, sql: &str) -> String {
    rows(database, sql).join("\n")
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}
