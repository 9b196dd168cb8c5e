//! The same SQL on an object's database and on an ordinary SQLite file: the same rows, the same errors, the same content at the
//! end, while the object's pages are spilled, let go of, loaded again, handed over, and recovered from the log after crashes.
//!
//! | file | what is in it |
//! |---|---|
//! | `statements`, `steps` | random programs |
//! | `stored` | our side: a database on a store with a log |
//! | `plain` | the other side |
//! | `shrink` | a failing program made short |
//!
//! `DO_SQL_PROGRAMS=1000` runs so many programs; `DO_SEED=…` begins with another one.

pub(super) mod plain;
mod shrink;
mod statements;
mod steps;
pub(super) mod stored;

use std::panic::{AssertUnwindSafe, catch_unwind};

use self::plain::Plain;
use self::steps::{Step, program};
use self::stored::Stored;
use super::Limits;
use crate::env::SeededRandom;
use crate::error::ErrorKind;
use crate::value::ValueRef;

/// Rows, and how many were changed; or the kind of the error and what it says.
type Answer = Result<Vec<String>, (ErrorKind, String)>;

/// How a value is shown, by its column.
pub(super) type Show<'a> = &'a dyn Fn(usize, ValueRef<'_>) -> String;

const STEPS: usize = 250;

/// A value may be too large; a transaction never is, for an ordinary file has no such limit.
const LIMITS: Limits = Limits::DEFAULT.with_value(300_000).with_transaction(1 << 30);

/// How many rows a statement changed, if it is one that says so: of a change of the schema SQLite may count its own writes or not.
fn changes(sql: &str, before: u64, connection: &rusqlite::Connection) -> u64 {
    let counts = ["INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"].iter().any(|verb| sql.starts_with(verb));
    if counts && connection.total_changes() != before { connection.changes() } else { 0 }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn sql_answers_as_on_an_ordinary_file() {
    let first = number("DO_SEED", 0);
    for seed in first..first + number("DO_SQL_PROGRAMS", 30) {
        let steps = program(&SeededRandom::new(seed), STEPS);
        if fails(seed, &steps).is_some() {
            let (steps, why) = shrink::shrunk(steps, |steps| fails(seed, steps));
            let steps = steps.iter().map(|step| format!("    {step:?}\n")).collect::<String>();
            panic!("{}\nafter\n{steps}repeat with DO_SEED={seed} DO_SQL_PROGRAMS=1", why.unwrap_or_default());
        }
    }
}

/// Why a program fails, if it does.
fn fails(seed: u64, steps: &[Step]) -> Option<String> {
    let ran = catch_unwind(AssertUnwindSafe(|| Both::new(seed).run(steps)));
    match ran {
        Ok(ran) => ran.err(),
        Err(panic) => Some(match panic.downcast_ref::<String>() {
            Some(words) => format!("a panic: {words}"),
            None => "a panic".into(),
        }),
    }
}

/// Both sides of a program.
struct Both {
    ours: Stored,
    theirs: Plain,
    random: SeededRandom,
    _folder: tempfile::TempDir,
}

impl Both {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let theirs = Plain::open(&folder.path().join("plain.db"));
        Both { ours: Stored::new().unwrap(), theirs, random: SeededRandom::new(!seed), _folder: folder }
    }

    fn run(mut self, steps: &[Step]) -> Result<(), String> {
        for step in steps {
            self.step(step).map_err(|why| format!("{step:?}: {why}"))?;
        }
        self.step(&Step::Rollback)?;
        self.step(&Step::Sleep)?;
        self.same_content()
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let open = self.theirs.is_open();
        let failed = |error: crate::Error| format!("it fails: {error}");
        match step {
            Step::Sql(sql) => return self.sql(sql),
            Step::Begin if !open => self.begin()?,
            Step::Commit if open => return self.commit(),
            Step::Rollback if open => {
                self.theirs.rollback();
                self.ours.database().rollback().map_err(failed)?;
            }
            Step::Savepoint if open => {
                self.theirs.savepoint();
                self.ours.database().begin_savepoint().map_err(failed)?;
            }
            Step::Keep if self.theirs.savepoints() > 0 => {
                self.theirs.keep();
                self.ours.database().keep_savepoint().map_err(failed)?;
            }
            Step::Undo if self.theirs.savepoints() > 0 => {
                self.theirs.undo();
                self.ours.database().undo_savepoint().map_err(failed)?;
            }
            Step::HandOver if !open => self.ours.hand_over().map_err(failed)?,
            Step::Checkpoint if !open => self.ours.checkpoint().map_err(failed)?,
            Step::Shed(bytes) => self.ours.database().image(|image| image.shed(*bytes)).map_err(failed)?,
            Step::Release => self.ours.database().release_memory(),
            Step::Sleep if !open => {
                self.theirs.reopen();
                self.ours.sleep().map_err(failed)?;
                return self.is_whole();
            }
            Step::Crash => {
                self.theirs.reopen();
                self.ours.crash(&self.random).map_err(failed)?;
                return self.is_whole();
            }
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), String> {
        self.theirs.begin();
        self.ours.database().begin_exclusive().map_err(|error| format!("BEGIN fails: {error}"))
    }

    fn commit(&mut self) -> Result<(), String> {
        same("COMMIT", &self.ours.commit(), &self.theirs.commit())
    }

    fn sql(&mut self, sql: &str) -> Result<(), String> {
        let alone = !self.theirs.is_open();
        if alone && ["SELECT", "PRAGMA"].iter().any(|verb| sql.starts_with(verb)) {
            // As a handler that only reads.
            return same(sql, &self.ours.run(sql), &self.theirs.run(sql));
        }
        if alone {
            self.begin()?;
        }
        let answer = self.theirs.run(sql);
        same(sql, &self.ours.run(sql), &answer)?;
        if !self.theirs.is_open() {
            // SQLite has rolled the transaction back: nothing more is taken in it.
            self.theirs.rollback();
            let database = self.ours.database();
            if database.commit(&mut Vec::new()).is_ok() {
                return Err("a transaction that SQLite has rolled back was committed".into());
            }
            return Ok(());
        }
        match answer {
            Err(_) if alone => self.step(&Step::Rollback),
            _ if alone => self.commit(),
            _ => Ok(()),
        }
    }

    fn is_whole(&self) -> Result<(), String> {
        // Not always `ok`: what SQLite does to a full text when the schema changes within a savepoint that is undone, it does on both sides.
        const CHECK: &str = "PRAGMA integrity_check";
        same(CHECK, &self.ours.run(CHECK), &self.theirs.run(CHECK))
    }

    fn same_content(&self) -> Result<(), String> {
        const SCHEMA: &str =
            "SELECT name, type, sql FROM sqlite_schema WHERE tbl_name NOT LIKE '\\_\\_do%' ESCAPE '\\'";
        let schema = self.theirs.run(SCHEMA);
        same(SCHEMA, &self.ours.run(SCHEMA), &schema)?;
        for line in schema.unwrap_or_default() {
            let mut parts = line.split('|');
            if let (Some(name), Some("table")) = (parts.next(), parts.next())
                && !name.starts_with("sqlite_stat")
            {
                let all = format!("SELECT * FROM {name}");
                same(&all, &self.ours.run(&all), &self.theirs.run(&all))?;
            }
        }
        self.is_whole()
    }
}

/// An error of ours is of the kind that theirs means, and has its words.
fn same(what: &str, ours: &Answer, theirs: &Answer) -> Result<(), String> {
    let is_same = match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err((kind, said)), Err((meant, words))) => kind == meant && said.contains(words),
        _ => false,
    };
    let shortened = |answer: &Answer| {
        let text = format!("{answer:?}");
        text.chars().take(600).collect::<String>()
    };
    if is_same {
        return Ok(());
    }
    Err(format!("`{what}` differs\n  ours:   {}\n  theirs: {}", shortened(ours), shortened(theirs)))
}
