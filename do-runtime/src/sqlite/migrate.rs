//! How the database of an existing object follows the migrations of its class, within one transaction: what is done already,
//! a step of SQL, and what is checked and kept at the end. Whoever calls runs the steps, because backfills are not SQL.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use rusqlite::config::DbConfig;

use super::database::{Database, Mode};
use super::expiry::hidden;
use super::full_text;
use super::glue::Origin;
use super::history::{History, Outline, Work};
use super::schema::{self, declared, fingerprint, scratch};
use super::shape::Shape;
use super::temp_file;
use crate::engine::Params;
use crate::error::{Error, ErrorKind, Result};
use crate::value::ValueRef;

/// Said of tables that can't grow to step 1.
const OR_A_FORMER_PROGRAM: &str =
    "or call the object once with the last program that had no migrations, whose tables step 1 has";

/// Whether SQLite looks at references to other rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKeys {
    /// With each statement, or when the transaction ends.
    Enforced,
    /// Not at all: a table that others refer to can be made anew. It is checked at the end of a migration.
    Unchecked,
}

impl Database {
    /// Says whether SQLite looks at references, from the next transaction on.
    pub fn foreign_keys(&self, which: ForeignKeys) -> Result<()> {
        if self.mode() == Mode::Exclusive {
            return Err(Error::new(ErrorKind::Internal, "foreign keys were switched within a transaction"));
        }
        let set = self
            .session
            .connection()
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, which == ForeignKeys::Enforced)
            .map_err(|error| Error::with_source(ErrorKind::Internal, "foreign keys can't be switched", error))?;
        match set == (which == ForeignKeys::Enforced) {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Internal, "foreign keys were not switched")),
        }
    }

    /// How many of these steps the database has behind it. One that knows no migrations takes over those that lead to the
    /// tables that it has, and grows to those of step 1 if it can. `storage` if it is ahead of them, one was changed, or none
    /// leads to its tables.
    pub fn migrations_done(&self, steps: &[Outline], ddl: &[String]) -> Result<usize> {
        match History::of(self)? {
            Some(history) => history.done_of(steps),
            None => self.adopt(steps, ddl),
        }
    }

    fn adopt(&self, steps: &[Outline], ddl: &[String]) -> Result<usize> {
        let shapes = replay(self, steps)?;
        let of_declared = Shape::of(&declared(self, ddl)?)?;
        // Tables of former programs that no step speaks of stay as they are.
        let spoken_of: BTreeSet<&str> = shapes.iter().flat_map(Shape::names).chain(of_declared.names()).collect();
        if let Some(done) = adopted(&shapes, &Shape::of(self)?.only(&spoken_of)) {
            return Ok(done);
        }
        let Some((first, Work::Sql(sql))) = steps.first().map(|step| (step, step.work)) else {
            return Err(refused("it has tables, and the first step of its migrations is none of SQL that makes them"));
        };
        let at_first = scratch(self)?;
        at_first.run_step(sql).map_err(|error| first.failed(error))?;
        schema::grow(self, &at_first, OR_A_FORMER_PROGRAM).map_err(|error| {
            refused(format!("none of the steps of its migrations leads to the tables that it has, nor can these grow to step 1: {error}"))
        })?;
        let grown = Shape::of(self)?.only(&spoken_of);
        adopted(&shapes, &grown).ok_or_else(|| {
            let difference = grown.lacks(&shapes[1]).unwrap_or_else(|| "there is more than step 1 makes".into());
            refused(format!("none of the steps of its migrations leads to the tables that it has: {difference}"))
        })
    }

    /// Runs a step of SQL, within the open transaction. It may do what a handler's SQL may. From here to the end of the
    /// migration no table has full text.
    pub fn run_step(&self, sql: &str) -> Result<()> {
        self.still_open()?;
        full_text::take_away(self)?;
        temp_file::set_cap(self.options().limits.temp);
        self.session.script(sql, Origin::User).map_err(|(failure, statement)| self.stopped(failure.into(), statement))
    }

    /// Before the first step that is to run: makes the tables what steps take them for, which know no column of the runtime's.
    pub fn begin_steps(&self) -> Result<()> {
        hidden::take_away(self)
    }

    /// After the last step: checks that references hold and that the tables are the declared ones, lets the full text and the
    /// runtime's own columns follow them, and keeps the history.
    pub fn complete_migration(&self, ddl: &[String], steps: &[Outline]) -> Result<()> {
        self.check_references()?;
        let declared = declared(self, ddl)?;
        if let Some(difference) = Shape::of(self)?.lacks(&Shape::of(&declared)?) {
            return Err(refused(format!(
                "the steps of its migrations do not lead to the declared tables: {difference}; add a step that does, or declare what is there"
            )));
        }
        hidden::follow(self, &declared)?;
        hidden::bring_back(self)?;
        full_text::follow(self, &declared)?;
        History::keep(self, steps)?;
        schema::note(self, &fingerprint(ddl, steps))
    }

    fn check_references(&self) -> Result<()> {
        let mut dangling = None;
        self.run(Origin::Runtime, "PRAGMA foreign_key_check", Params::Positional(&[]), &mut |row| {
            let [child, rowid, parent] = [0, 1, 2].map(|column| schema::text(row, column));
            let which = match row.value(1) {
                ValueRef::Integer(_) => format!("the row {rowid} of `{child}`"),
                _ => format!("a row of `{child}`"),
            };
            dangling = Some(format!(
                "after its migrations {which} refers to a row of `{parent}` that does not exist; while steps run, references are not \
                 looked at, and nothing is deleted or changed because of them"
            ));
            Ok(ControlFlow::Break(()))
        })?;
        dangling.map_or(Ok(()), |sentence| Err(refused(sentence)))
    }
}

/// The tables before the first step and after each.
fn replay(beside: &Database, steps: &[Outline]) -> Result<Vec<Shape>> {
    let replayed = scratch(beside)?;
    let mut shapes = vec![Shape::default()];
    for step in steps {
        if let Work::Sql(sql) = step.work {
            replayed.run_step(sql).map_err(|error| step.failed(error))?;
        }
        shapes.push(Shape::of(&replayed)?);
    }
    Ok(shapes)
}

/// How many steps lead to these tables: as many as possible, but for the last ones that change no table. Those change
/// rows, and no program has run them on these.
fn adopted(shapes: &[Shape], there: &Shape) -> Option<usize> {
    let last = shapes.iter().rposition(|shape| shape == there)?;
    let others = shapes[..last].iter().rposition(|shape| shape != there);
    Some(others.map_or(0, |other| other + 1))
}

fn refused(sentence: impl Into<String>) -> Error {
    Error::new(ErrorKind::Storage, sentence.into())
}
