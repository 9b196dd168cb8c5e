//! Records of SQL with the results that they must have, in the form of SQLite's sqllogictest, on an object's database whose
//! pages are let go of, handed over and recovered in between.
//!
//! The records in `records` say what an ordinary SQLite file answers; `UPDATE_LOGIC=1` writes them anew from one.
//! `DO_SQLLOGICTEST=folder` runs all `.test` files below a folder, such as those of SQLite's own collection.

mod records;

use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use rusqlite::Connection;

use self::records::{Expected, Record, Sort};
use super::differential::plain::Plain;
use super::differential::stored::Stored;
use crate::env::SeededRandom;
use crate::value::ValueRef;

#[test]
fn records_have_their_results() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite/tests/logic/records");
    let files = files_below(&folder, "slt");
    assert!(!files.is_empty());
    for file in files {
        if std::env::var_os("UPDATE_LOGIC").is_some() {
            write_anew(&file);
        }
        run(&file);
    }
    if let Some(folder) = std::env::var_os("DO_SQLLOGICTEST") {
        let files = files_below(Path::new(&folder), "test");
        let queries: usize = files.iter().map(|file| run(file)).sum();
        assert!(queries > 0, "there are no records");
    }
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_below(&path, extension)),
            false if path.extension().is_some_and(|found| found == extension) => files.push(path),
            false => {}
        }
    }
    files.sort();
    files
}

/// Runs the records of a file; how many there are.
fn run(file: &Path) -> usize {
    let text = std::fs::read_to_string(file).unwrap();
    let records = records::read(&text);
    let mut object = Stored::new().unwrap();
    let random = SeededRandom::new(text.len() as u64);
    for record in &records {
        let place = format!("{}:{}", file.display(), record.line);
        let answer = record.answer(|sql| on_object(&mut object, sql, record));
        match (&record.expected, answer) {
            (Expected::Works, Ok(_)) | (Expected::Fails, Err(_)) => {}
            // The collection has queries that overflow, and no results for them.
            (Expected::Rows { results, .. }, Err(_)) if results.is_empty() => {}
            (Expected::Rows { results, .. }, Ok(values)) => {
                let found = if results.len() == 1 && values.len() != 1 { vec![hashed(&values)] } else { values };
                assert_eq!(&found, results, "{place}\n{}", record.sql);
            }
            (Expected::Fails, Ok(_)) => panic!("{place} works\n{}", record.sql),
            (_, Err(error)) => panic!("{place} fails: {error}\n{}", record.sql),
        }
        disturb(&mut object, &random).unwrap_or_else(|error| panic!("after {place}: {error}"));
    }
    records.len()
}

/// What happens to an object between two calls.
fn disturb(object: &mut Stored, random: &SeededRandom) -> crate::Result {
    match random.below(60) {
        0..8 => object.database().image(|image| image.shed(random.below(30) * 4096)),
        8..12 => object.hand_over(),
        12 => object.checkpoint(),
        13 => object.sleep(),
        14 => object.crash(random),
        _ => Ok(()),
    }
}

fn on_object(object: &mut Stored, sql: &str, record: &Record) -> Result<Vec<Vec<String>>, String> {
    let show = |column: usize, value: ValueRef<'_>| record.shown(column, value);
    if let Expected::Rows { .. } = record.expected
        && sql.starts_with("SELECT")
    {
        return object.rows(sql, &show).map_err(|error| error.to_string());
    }
    // Some records of the collection are several statements, of which only those of triggers have more of these marks.
    if !sql.contains("TRIGGER")
        && let Some((first, rest)) = sql.split_once(";\n")
    {
        on_object(object, first, record)?;
        return on_object(object, rest, record);
    }
    object.database().begin_exclusive().map_err(|error| error.to_string())?;
    match object.rows(sql, &show) {
        Ok(rows) => object.commit().map(|_| rows).map_err(|(_, words)| words),
        Err(error) => {
            // Without a transaction around it, what a failed statement leaves is kept. If SQLite has rolled all back, this does too.
            let _ = object.commit();
            Err(error.to_string())
        }
    }
}

/// Writes the results of an ordinary file into the records.
fn write_anew(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let plain = Plain::open(&folder.path().join("plain.db"));
    let mut written = text.lines().take_while(|line| line.starts_with('#')).collect::<Vec<_>>().join("\n");
    for record in records::read(&text) {
        let show = |column: usize, value: ValueRef<'_>| record.shown(column, value);
        let answer = record.answer(|sql| plain.rows(sql, &show).map_err(|error| error.to_string()));
        written += &record.with_results(answer);
    }
    std::fs::write(file, written).unwrap();
}

fn hashed(values: &[String]) -> String {
    let mut hash = Md5::new();
    for value in values {
        hash.update(value);
        hash.update("\n");
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} values hashing to {digits}", values.len())
}

impl Record<'_> {
    /// The values of all rows in the order in which they are compared.
    fn answer(&self, run: impl FnOnce(&str) -> Result<Vec<Vec<String>>, String>) -> Result<Vec<String>, String> {
        let mut rows = run(self.sql)?;
        let sort = match self.expected {
            Expected::Rows { sort, .. } => sort,
            Expected::Works | Expected::Fails => Sort::None,
        };
        if sort == Sort::Rows {
            rows.sort();
        }
        let mut values = rows.concat();
        if sort == Sort::Values {
            values.sort();
        }
        Ok(values)
    }

    /// A value as the type of its column has it.
    fn shown(&self, column: usize, value: ValueRef<'_>) -> String {
        let Expected::Rows { types, .. } = self.expected else { return String::new() };
        let integer = |text: &str| text.parse().unwrap_or(0_i64);
        match (types.as_bytes().get(column), value) {
            (_, ValueRef::Null) => "NULL".into(),
            (Some(b'I'), ValueRef::Integer(number)) => number.to_string(),
            (Some(b'I'), ValueRef::Real(number)) => (number as i64).to_string(),
            (Some(b'I'), ValueRef::Text(text)) => integer(text).to_string(),
            (Some(b'R'), ValueRef::Integer(number)) => written("SELECT printf('%.3f', ?1)", number as f64),
            (Some(b'R'), ValueRef::Real(number)) => written("SELECT printf('%.3f', ?1)", number),
            (_, ValueRef::Integer(number)) => number.to_string(),
            (_, ValueRef::Real(number)) => written("SELECT CAST(?1 AS TEXT)", number),
            (_, ValueRef::Text(text)) => printable(text.chars()),
            (_, ValueRef::Blob(bytes)) => printable(bytes.iter().map(|byte| char::from(*byte))),
        }
    }
}

/// A number as SQLite itself writes it, which has fewer digits than a number in Rust.
fn written(sql: &str, number: f64) -> String {
    thread_local! {
        static SQLITE: Connection = Connection::open_in_memory().unwrap();
    }
    SQLITE.with(|sqlite| sqlite.prepare_cached(sql).unwrap().query_row([number], |row| row.get(0)).unwrap())
}

fn printable(text: impl Iterator<Item = char>) -> String {
    let shown: String = text.map(|c| if (' '..='~').contains(&c) { c } else { '@' }).collect();
    if shown.is_empty() { "(empty)".into() } else { shown }
}
