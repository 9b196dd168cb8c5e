//! The same SQL in handlers and on an ordinary SQLite file, with what can happen to an object between its calls.
//!
//! `DO_SQL_CALLS=20000` makes so many calls; `DO_SEED=…` draws others.

#[path = "../../do-runtime/src/sqlite/tests/differential/statements.rs"]
mod statements;

use do_runtime::__private::{FromRow, RowAccess, RowShape};
use do_runtime::ValueRef;
use do_runtime::env::SeededRandom;
use do_runtime::prelude::*;
use do_runtime::testing::{TestKit, number};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use serde::{Deserialize, Serialize};

use statements::Statements;

/// A part of a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Part {
    Sql(String),
    /// Undone or kept together.
    Savepoint(Vec<String>, End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum End {
    Kept,
    Undone,
}

/// The rows of each statement, or its error.
type Answers = Vec<Result<Vec<String>, String>>;

#[durable_object(limits(value = "300kB", transaction = "1GiB"))]
struct Sheet;

#[durable_object]
impl Sheet {
    /// Runs all parts, whatever fails, and commits or not.
    #[rpc]
    fn run(&mut self, cx: &mut Cx<Self>, parts: Vec<Part>, end: End) -> Result<Answers> {
        let mut answers = Vec::new();
        for part in parts {
            match part {
                Part::Sql(sql) => answers.push(rows(cx, &sql)),
                Part::Savepoint(statements, end) => {
                    let undone = cx.savepoint(self, |_, cx| {
                        answers.extend(statements.iter().map(|sql| rows(cx, sql)));
                        (end == End::Kept).then_some(()).ok_or_else(undone)
                    });
                    if let Err(error) = undone
                        && error.kind() != ErrorKind::Conflict
                    {
                        return Err(error);
                    }
                }
            }
        }
        (end == End::Kept).then_some(answers).ok_or_else(undone)
    }

    /// Looks without writing.
    #[rpc]
    fn look(&self, cx: &Cx<Self>, sql: String) -> Result<Result<Vec<String>, String>> {
        Ok(rows(cx, &sql))
    }
}

/// A row of any columns.
struct Line(String);

impl FromRow for Line {
    const SHAPE: RowShape = RowShape::Unknown;

    fn from_row(row: &dyn RowAccess) -> Result<Self> {
        Ok(Line((0..row.columns()).map(|column| shown(row.value(column))).collect::<Vec<_>>().join("|")))
    }
}

fn undone() -> Error {
    Error::new(ErrorKind::Conflict, "undone")
}

fn rows(cx: &Cx<Sheet>, sql: &str) -> Result<Vec<String>, String> {
    let rows = cx.sql_unchecked::<Line>(sql, ()).all();
    rows.map(|rows| rows.into_iter().map(|row| row.0).collect()).map_err(|error| error.to_string())
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

/// The same on an ordinary file; an error if SQLite has rolled all back, or the COMMIT fails.
fn on_file(file: &Connection, parts: &[Part], end: End) -> Result<Answers, String> {
    let mut answers = Vec::new();
    let batch = |sql: &str| file.execute_batch(sql).map_err(|error| error.to_string());
    batch("BEGIN")?;
    let mut run = |sql: &str| -> Result<(), String> {
        answers.push(plain_rows(file, sql));
        if file.is_autocommit() { Err("rolled back".into()) } else { Ok(()) }
    };
    let done = parts.iter().try_for_each(|part| match part {
        Part::Sql(sql) => run(sql),
        Part::Savepoint(statements, end) => {
            batch("SAVEPOINT s")?;
            statements.iter().try_for_each(|sql| run(sql))?;
            if *end == End::Undone { batch("ROLLBACK TO s; RELEASE s") } else { batch("RELEASE s") }
        }
    });
    let committed = done.and_then(|()| if end == End::Kept { batch("COMMIT") } else { Err("undone".into()) });
    if !file.is_autocommit() {
        batch("ROLLBACK")?;
    }
    committed.map(|()| answers)
}

fn plain_rows(file: &Connection, sql: &str) -> Result<Vec<String>, String> {
    use rusqlite::types::ValueRef as Theirs;
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = file.prepare(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::new();
            for column in 0..columns {
                values.push(shown(match row.get_ref(column)? {
                    Theirs::Null => ValueRef::Null,
                    Theirs::Integer(number) => ValueRef::Integer(number),
                    Theirs::Real(number) => ValueRef::Real(number),
                    Theirs::Text(text) => std::str::from_utf8(text).map_or(ValueRef::Blob(text), ValueRef::Text),
                    Theirs::Blob(bytes) => ValueRef::Blob(bytes),
                }));
            }
            lines.push(values.join("|"));
        }
        Ok(lines)
    };
    read().map_err(|error| match error {
        rusqlite::Error::SqliteFailure(code, _) if code.code == rusqlite::ErrorCode::TooBig => "limits: value".into(),
        rusqlite::Error::SqliteFailure(_, Some(words)) => words,
        rusqlite::Error::SqlInputError { msg, .. } => msg,
        other => other.to_string(),
    })
}

fn plain(folder: &std::path::Path) -> Connection {
    let file = Connection::open(folder.join("plain.db")).expect("a file can be made");
    for (setting, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    ] {
        file.set_db_config(setting, value).expect("SQLite knows the setting");
    }
    file.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LENGTH, 300_000).expect("SQLite knows the limit");
    file.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; PRAGMA recursive_triggers = ON")
        .expect("SQLite knows the pragmas");
    file
}

fn parts(random: &SeededRandom, statements: &Statements<'_>) -> Vec<Part> {
    let some = |most| (0..=random.below(most)).map(|_| statements.next()).collect::<Vec<_>>();
    let part = |sql| match random.below(8) {
        0 => Part::Savepoint(some(3), if random.below(2) == 0 { End::Kept } else { End::Undone }),
        _ => Part::Sql(sql),
    };
    some(4).into_iter().map(part).collect()
}

/// An error of ours has the words of theirs.
fn is_same(ours: &Result<Vec<String>, String>, theirs: &Result<Vec<String>, String>) -> bool {
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => ours == theirs,
        (Err(ours), Err(theirs)) => ours.contains(theirs),
        _ => false,
    }
}

#[do_runtime::test]
async fn handlers_are_answered_as_an_ordinary_file_answers(kit: TestKit) -> Result {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = plain(folder.path());
    let random = SeededRandom::new(kit.seed());
    let statements = Statements::new(&random);
    let sheet = kit.objects().get_by_name::<Sheet>("sheet");
    let first: Vec<Part> = statements.first().into_iter().map(Part::Sql).collect();
    let mut next = Some((first, End::Kept));
    for call in 0..number("DO_SQL_CALLS").unwrap_or(60) {
        let (parts, end) = next.take().unwrap_or_else(|| {
            (parts(&random, &statements), if random.below(12) == 0 { End::Undone } else { End::Kept })
        });
        let theirs = on_file(&file, &parts, end);
        match (sheet.run(parts.clone(), end).await, theirs) {
            (Ok(ours), Ok(theirs)) => {
                let differs = ours.iter().zip(&theirs).position(|(ours, theirs)| !is_same(ours, theirs));
                if let Some(at) = differs {
                    panic!("call {call}: {parts:#?}\nanswer {at}\n{:?}\n{:?}", ours[at], theirs[at]);
                }
                assert_eq!(ours.len(), theirs.len(), "call {call}: {parts:#?}");
            }
            (Err(_), Err(_)) => {}
            (ours, theirs) => panic!("call {call}: {parts:#?}\n{ours:?}\n{theirs:?}"),
        }
        match random.below(40) {
            0 | 1 => kit.evict(&sheet).await?,
            2 => kit.restart().await?,
            3 => kit.crash().await?,
            4 => kit.crash_torn(&random).await?,
            5 => kit.checkpoint().await?,
            _ => {}
        }
    }
    kit.crash().await?;
    assert_eq!(sheet.look("PRAGMA integrity_check").await?, Ok(vec!["ok".into()]));
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_\\_do%' ESCAPE '\\' \
                  AND name NOT LIKE 'sqlite_stat%'";
    let names = plain_rows(&file, tables).unwrap_or_default();
    assert_eq!(sheet.look(tables).await?.as_ref(), Ok(&names));
    for name in names {
        let all = format!("SELECT * FROM {name}");
        assert!(sheet.look(all.as_str()).await? == plain_rows(&file, &all), "{name} has other rows");
    }
    Ok(())
}
