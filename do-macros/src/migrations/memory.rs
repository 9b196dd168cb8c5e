//! SQLite inside the compiler: in memory, as strict as at run time, unable to reach outside or to go on for ever.

use std::cell::Cell;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;

/// Steps of SQLite's machine between two looks at the budget.
const STRIDE: i32 = 1000;

/// How often one statement may be looked at before it is interrupted.
const STRIDES: u32 = 500;

thread_local! {
    /// What is left of the budget. A database is made, asked and dropped on one thread.
    static LEFT: Cell<u32> = const { Cell::new(STRIDES) };
}

/// An empty database. Foreign keys are not enforced: a table that is made anew must be dropped without its children.
pub(super) fn open() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    for (setting, value) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        // Otherwise `"nmae"` is silently the string 'nmae'.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false),
    ] {
        connection.set_db_config(setting, value)?;
    }
    // `ATTACH 'file'` would let a string in a program write to the disk of whoever compiles it.
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    renew_budget();
    connection.progress_handler(
        STRIDE,
        Some(|| {
            LEFT.set(LEFT.get().saturating_sub(1));
            LEFT.get() == 0
        }),
    )?;
    Ok(connection)
}

/// Gives the next statement the whole budget. `WITH RECURSIVE` would hang the compiler without one.
pub(super) fn renew_budget() {
    LEFT.set(STRIDES);
}
