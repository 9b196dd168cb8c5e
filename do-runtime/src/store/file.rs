//! One SQLite file of the store: how it is made, opened, recognised and folded.
//!
//! Files are held exclusively and written ahead of themselves (WAL), which costs one sync a transaction. [`fold`]
//! brings what was written ahead into the file itself. A damaged write-ahead file loses its later transactions
//! without a word, so the log is recycled only up to what was folded.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::FromSql;

use super::location::{Location, Opening};
use super::trouble::Trouble;
use crate::sqlite::{SUM_BYTES, reserve_bytes, reserved_bytes};

/// Three whole pages of an object fit into one, and four as soon as each has 32 zero bytes to leave out. Twice as
/// much makes random replacements slower by a quarter and writes twice the bytes; half as much wastes half of the
/// space on whole pages.
const PAGE_SIZE: u32 = 16_384;

/// So many bytes of a file say what it is.
const STATED: usize = 72;

/// The id of a node's folder, drawn at random when it is made: the files of one folder belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FolderId(pub(super) [u8; 16]);

/// What a file is for.
#[derive(Debug)]
pub(super) struct Kind {
    /// SQLite's application id.
    pub(super) application: i32,
    /// What it is called in messages.
    pub(super) noun: &'static str,
    /// The format that this program writes, and the newest that it reads.
    pub(super) format: i32,
    /// The first format whose pages have checksums, if there is one.
    pub(super) summed_since: Option<i32>,
    /// Its tables.
    pub(super) schema: &'static str,
    /// A query that touches the root of each table.
    pub(super) touch: &'static str,
}

/// What was found under a name.
pub(super) enum Found {
    /// No file.
    Nothing,
    /// A file without any tables: its creation was cut off, or the file was.
    Empty,
    /// A file of the right kind and format.
    Ready(Connection),
}

/// Opens a file if there is one. Nothing is written to a file of another kind or of a newer format.
pub(super) fn open(location: &Location, name: &str, kind: &Kind) -> Result<Found, Trouble> {
    if !location.exists(name).map_err(Trouble::Object)? {
        return Ok(Found::Nothing);
    }
    // Before SQLite looks: of the pages of a newer format, and of their checksums, this program knows nothing.
    if let Some(format) = location.read_start(name).map_err(Trouble::Object)?.and_then(|start| stated(&start, kind)) {
        refuse_newer(format, kind)?;
    }
    let connection = location.connect(name, Opening::Existing)?;
    configure(&connection)?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i32>(0));
    let application = number("PRAGMA application_id")?;
    let format = number("PRAGMA user_version")?;
    if application == 0 && format == 0 && number("SELECT count(*) FROM sqlite_schema")? == 0 {
        return Ok(Found::Empty);
    }
    if application != kind.application {
        return Err(Trouble::File(format!("is not a {} of this store", kind.noun)));
    }
    // What was written ahead may say so alone.
    refuse_newer(format, kind)?;
    if format < 1 {
        return Err(Trouble::File(format!("has the format {format}, which never was")));
    }
    // They are looked at if the header says that they are there: so nothing else may be wrong with it.
    if kind.summed_since.is_some_and(|since| format >= since) && reserved_bytes(&connection)? != i32::from(SUM_BYTES) {
        return Err(Trouble::File("says in its header that its pages have no checksums, which they have".into()));
    }
    connection.query_row(kind.touch, [], |_| Ok(()))?;
    write_ahead(&connection)?;
    Ok(Found::Ready(connection))
}

/// The format that a file of this kind states in its first bytes: see "The Database Header" in SQLite's file format.
fn stated(start: &[u8; STATED], kind: &Kind) -> Option<i32> {
    let number = |at: usize| i32::from_be_bytes([start[at], start[at + 1], start[at + 2], start[at + 3]]);
    (start.starts_with(b"SQLite format 3\0") && number(68) == kind.application).then(|| number(60))
}

fn refuse_newer(format: i32, kind: &Kind) -> Result<(), Trouble> {
    if format > kind.format { Err(Trouble::Newer { format, known: kind.format }) } else { Ok(()) }
}

/// Makes a file with its tables and what `fill` puts into them, wholly or not at all. The caller syncs the folder.
pub(super) fn create(
    location: &Location,
    name: &str,
    kind: &Kind,
    fill: impl FnOnce(&Connection) -> Result<(), Trouble>,
) -> Result<Connection, Trouble> {
    let connection = location.connect(name, Opening::Create)?;
    connection.execute_batch(&format!("PRAGMA page_size = {PAGE_SIZE}"))?;
    configure(&connection)?;
    if kind.summed_since.is_some_and(|since| kind.format >= since) {
        reserve_bytes(&connection, SUM_BYTES)?;
    }
    let transaction = connection.unchecked_transaction()?;
    connection.execute_batch(kind.schema)?;
    connection.execute_batch(&format!(
        "PRAGMA application_id = {}; PRAGMA user_version = {}",
        kind.application, kind.format
    ))?;
    fill(&connection)?;
    transaction.commit()?;
    write_ahead(&connection)?;
    fold(&connection)?;
    Ok(connection)
}

/// Brings everything that was written ahead into the file itself, durably.
pub(super) fn fold(connection: &Connection) -> Result<(), Trouble> {
    match told::<i64>(connection, "PRAGMA wal_checkpoint(TRUNCATE)")? {
        0 => Ok(()),
        _ => Err(Trouble::Sql(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("its write-ahead file is in use".into()),
        ))),
    }
}

/// What holds before anything is read: alone with the file, no surprises in SQL, nothing written by closing.
fn configure(connection: &Connection) -> Result<(), Trouble> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY",
    )?;
    Ok(())
}

/// Exclusive locking came first, so the index of the write-ahead file is in memory and needs no shared-memory file.
fn write_ahead(connection: &Connection) -> Result<(), Trouble> {
    let mode: String = told(connection, "PRAGMA journal_mode = WAL")?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(Trouble::File(format!("can't be written ahead: its journal mode stays `{mode}`")));
    }
    connection.execute_batch("PRAGMA wal_autocheckpoint = 256")?;
    Ok(())
}

/// The first column of a pragma's only row, once the pragma has ended. It answers before it commits: whoever goes after the row takes
/// a commit that failed for one that succeeded, and the file keeps a rollback journal that later undoes what was written ahead.
fn told<T: FromSql>(connection: &Connection, pragma: &str) -> Result<T, Trouble> {
    let mut statement = connection.prepare(pragma)?;
    let mut rows = statement.query([])?;
    let told = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?.get(0)?;
    while rows.next()?.is_some() {}
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_of_a_file_is_read_before_sqlite_reads_anything() {
        let kind =
            Kind { application: 0x646f_7267, noun: "registry", format: 2, summed_since: None, schema: "", touch: "" };
        // As SQLite's description of its format has it.
        let mut start = [0; STATED];
        start[..16].copy_from_slice(b"SQLite format 3\0");
        start[60..64].copy_from_slice(&[1, 2, 3, 4]);
        start[68..].copy_from_slice(b"dorg");
        assert_eq!(stated(&start, &kind), Some(0x0102_0304));
        assert_eq!(stated(&start, &Kind { application: 0x646f_7067, ..kind }), None, "another kind of file");
        start[3] ^= 1;
        assert_eq!(stated(&start, &kind), None, "no database");
    }
}
