//! The SQL of `sql!` in a program that was built without the feature `checked-sql`: it is prepared when the first object of its
//! class wakes.

use crate::error::{Error, ErrorKind, Result};
use crate::sqlite::Database;

/// A statement as it stands in the program.
#[derive(Debug)]
pub struct WrittenSql {
    /// The class of its object.
    pub class: &'static str,
    /// Its text.
    pub sql: &'static str,
    /// The file where it stands.
    pub file: &'static str,
    /// The line where it begins.
    pub line: u32,
}

inventory::collect!(WrittenSql);

/// The statements of a class, in the order of the text.
pub(super) fn of(class: &str) -> Vec<&'static WrittenSql> {
    let mut statements: Vec<_> =
        inventory::iter::<WrittenSql>.into_iter().filter(|written| written.class == class).collect();
    statements.sort_by_key(|written| (written.file, written.line));
    statements
}

/// Prepares each of them on a database of the class.
///
/// # Errors
/// `storage` for the first that SQLite refuses; it says where that stands.
pub(super) fn check(database: &Database, statements: &[&WrittenSql]) -> Result<()> {
    database.begin_exclusive()?;
    for WrittenSql { sql, file, line, .. } in statements {
        database
            .prepares(sql)
            .map_err(|error| Error::new(ErrorKind::Storage, format!("the SQL at {file}:{line} is refused: {error}")))?;
    }
    database.rollback()
}
