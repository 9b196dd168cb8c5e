//! SQLite inside the compiler: in memory, as strict as at run time, unable to reach outside or to go on for ever.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use std::cell::Cell;

/// Steps of SQLite's machine between two looks at the budget.
const STRIDE: i32 = 1000;

/// How often one statement may be looked at before it is interrupted.
const STRIDES: u32 = 500;

thread_local! {
    /// Looks since the budget was last renewed. A statement runs on one thread from its beginning to its end.
    static LOOKS: Cell<u32> = const { Cell::new(0) };
}

/// An empty database. Foreign keys are not enforced: a synthetic row has no parent.
///
/// The budget of steps is what all statements share until [`renew_budget`].
pub(crate) fn open() -> rusqlite::Result<Connection> {
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
    connection.progress_handler(STRIDE, Some(look))?;
    renew_budget();
    Ok(connection)
}

/// Gives the next statement on this thread the whole budget. `WITH RECURSIVE` would hang the compiler without one.
pub(crate) fn renew_budget() {
    LOOKS.set(0);
}

/// Whether the budget is used up.
fn look() -> bool {
    LOOKS.set(LOOKS.get() + 1);
    LOOKS.get() >= STRIDES
}
