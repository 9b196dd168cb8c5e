//! How the connection of an object is set up.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::ffi;
use rusqlite::functions::FunctionFlags;
use rusqlite::limits::Limit;

use super::database::DatabaseOptions;
use super::glue::{Failure, Session, reserve_bytes};

/// In this order: no lock is looked at again once the mode is exclusive, and `synchronous` reads the schema. Without recursive
/// triggers a row that REPLACE takes away would be none that was deleted for a trigger, and stay in the full text.
const SET_UP: &str = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;
    PRAGMA cache_size = 4; PRAGMA temp_store = FILE; PRAGMA recursive_triggers = ON;";

/// For a database that has no page yet.
const SET_UP_NEW: &str = "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL;";

/// Bytes at the end of each page that SQLite leaves alone.
const RESERVED_BYTES: u8 = 16;

/// Sets a connection up, before its first statement.
pub(super) fn connection(session: &Session, options: &DatabaseOptions) -> Result<(), Failure> {
    session.no_lookaside()?;
    let connection = session.connection();
    for (setting, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
    ] {
        connection.set_db_config(setting, value)?;
    }
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, i32::try_from(options.limits.value).unwrap_or(i32::MAX))?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    override_random(connection, options)?;
    session.batch(SET_UP)
}

/// Sets the format of a database that has no page yet.
pub(super) fn new_database(session: &Session) -> Result<(), Failure> {
    reserve_bytes(session.connection(), RESERVED_BYTES)?;
    session.batch(SET_UP_NEW)
}

/// Lets `random()` and `randomblob()` draw from the runtime's randomness.
fn override_random(connection: &Connection, options: &DatabaseOptions) -> Result<(), Failure> {
    // Innocuous as SQLite's own are: a DEFAULT or a trigger may use them.
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    let random = options.random.clone();
    connection.create_scalar_function(c"random", 0, flags, move |_| {
        let mut bytes = [0; 8];
        random.fill(&mut bytes);
        Ok(i64::from_le_bytes(bytes))
    })?;
    let (random, limit) = (options.random.clone(), options.limits.value);
    connection.create_scalar_function(c"randomblob", 1, flags, move |context| {
        let count: Option<i64> = context.get(0)?;
        let count = count.unwrap_or(0).max(1) as u64;
        if count > limit {
            return Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_TOOBIG), None));
        }
        let mut bytes = vec![0; count as usize];
        random.fill(&mut bytes);
        Ok(bytes)
    })?;
    Ok(())
}
