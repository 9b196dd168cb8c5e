//! A connection with its prepared statements.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::ffi::{CStr, c_int};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ffi};

use super::super::expiry::View;
use super::statement::{Bound, Statement};
use crate::engine::{Params, RowAccess};
use crate::error::{Error, ErrorKind, Result};
use crate::planted::{Defect, planted};

/// Statements that are kept prepared.
const MOST_KEPT: usize = 48;

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A handler's: it is guarded.
    User,
    /// The runtime's own.
    Runtime,
}

/// What SQLite answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The extended result code.
    pub(crate) code: c_int,
    pub(crate) message: String,
}

impl Failure {
    /// # Safety
    /// `db` is open.
    pub(super) unsafe fn of(db: *mut ffi::sqlite3, code: c_int) -> Self {
        // SAFETY: `db` is open; the message is copied before the next call.
        let (extended, message) = unsafe {
            (ffi::sqlite3_extended_errcode(db), CStr::from_ptr(ffi::sqlite3_errmsg(db)).to_string_lossy().into_owned())
        };
        let code = if extended & 0xff == code & 0xff { extended } else { code };
        Failure { code, message }
    }

    pub(super) fn too_long() -> Self {
        Failure { code: ffi::SQLITE_ERROR, message: "the SQL text is too long".into() }
    }

    /// The primary result code.
    pub(crate) fn primary(&self) -> c_int {
        self.code & 0xff
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error().map_or(ffi::SQLITE_ERROR, |error| error.extended_code);
        Failure { code, message: error.to_string() }
    }
}

/// A failure of SQLite, or of what was done with a row.
pub(crate) enum Stopped {
    Sqlite(Failure),
    Other(Error),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Stopped::Sqlite(failure)
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Stopped::Other(error)
    }
}

/// The statements that begin and end transactions and savepoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionStatement {
    Begin,
    Commit,
    Rollback,
    Savepoint,
    RollbackTo,
    Release,
}

impl TransactionStatement {
    const ALL: usize = 6;

    fn sql(self) -> &'static str {
        match self {
            TransactionStatement::Begin => "BEGIN",
            TransactionStatement::Commit => "COMMIT",
            TransactionStatement::Rollback => "ROLLBACK",
            TransactionStatement::Savepoint => "SAVEPOINT nested",
            TransactionStatement::RollbackTo => "ROLLBACK TO nested",
            TransactionStatement::Release => "RELEASE nested",
        }
    }
}

/// A prepared statement that is not in use.
struct Kept {
    /// As it was asked for.
    text: Box<str>,
    /// As what it was prepared.
    form: Form,
    statement: Statement,
}

/// As what a text is prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    AsWritten,
    Seeing(View),
}

/// A connection with its prepared statements. `Send` and not `Sync`.
pub(crate) struct Session {
    /// Those that are not in use, the latest used last. Dropped before the connection.
    kept: RefCell<Vec<Kept>>,
    transaction: [OnceCell<RefCell<Statement>>; TransactionStatement::ALL],
    /// Whether the runtime's own SQL is being prepared or run: the guard looks at it.
    runtime: Arc<AtomicBool>,
    connection: Connection,
}

impl Session {
    /// Takes over a connection. `runtime` is true while SQL of the runtime's own is prepared or runs.
    pub(crate) fn new(connection: Connection, runtime: Arc<AtomicBool>) -> Self {
        Session { kept: RefCell::default(), transaction: Default::default(), runtime, connection }
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The connection, to set it up in ways that only fuzzing needs.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    fn db(&self) -> *mut ffi::sqlite3 {
        // SAFETY: the handle is only used while the connection is open, and not closed.
        unsafe { self.connection.handle() }
    }

    fn as_origin<R>(&self, origin: Origin, f: impl FnOnce() -> R) -> R {
        if origin == Origin::User {
            return f();
        }
        // No row of a user's is looked at in `f`, and SQLite does not unwind.
        self.runtime.store(true, Ordering::Relaxed);
        let answer = f();
        self.runtime.store(false, Ordering::Relaxed);
        answer
    }

    /// Lets the runtime's own statements write the schema meanwhile.
    pub(crate) fn undefended<T>(&self, body: impl FnOnce() -> Result<T>) -> Result<T> {
        let defend = |on| self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, on);
        let switched = |error| Error::with_source(ErrorKind::Internal, "the schema can't be opened for writing", error);
        defend(false).map_err(switched)?;
        let done = body();
        defend(true).map_err(switched)?;
        done
    }

    /// Runs statements of the runtime's own.
    pub(crate) fn batch(&self, sql: &str) -> Result<(), Failure> {
        self.as_origin(Origin::Runtime, || self.connection.execute_batch(sql)).map_err(Failure::from)
    }

    /// Runs all statements of a text to their ends, one after another; rows that they give are passed over. A failure
    /// comes with its statement.
    pub(crate) fn script<'s>(&self, sql: &'s str, origin: Origin) -> Result<(), (Failure, &'s str)> {
        let mut rest = sql;
        while !rest.is_empty() {
            let (statement, after) = self.prepare(rest, origin).map_err(|failure| (failure, rest))?;
            let text = &rest[..rest.len() - after.len()];
            let refused = |words: &str| (Failure { code: ffi::SQLITE_ERROR, message: words.into() }, text);
            if text.is_empty() {
                return Err(refused("the text has a NUL in it"));
            }
            if let Some(mut statement) = statement {
                if statement.parameters() > 0 {
                    return Err(refused("there is no value for a parameter here"));
                }
                while self.as_origin(origin, || statement.step()).map_err(|failure| (failure, text))? {}
            }
            rest = after;
        }
        Ok(())
    }

    /// Whether no transaction is open.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.connection.is_autocommit()
    }

    /// Begins or ends a transaction or savepoint.
    pub(crate) fn transaction(&self, which: TransactionStatement) -> Result<(), Failure> {
        let kept = &self.transaction[which as usize];
        if kept.get().is_none() {
            let (statement, _) = self.prepare(which.sql(), Origin::Runtime)?;
            // It was empty in the line above.
            let _ = kept.set(RefCell::new(statement.ok_or_else(Failure::too_long)?));
        }
        let Some(mut statement) = kept.get().and_then(|kept| kept.try_borrow_mut().ok()) else {
            return Err(Failure { code: ffi::SQLITE_MISUSE, message: "a transaction began within itself".into() });
        };
        let answer = self.as_origin(Origin::Runtime, || statement.step());
        statement.reset();
        answer.map(drop)
    }

    /// A statement, prepared now or kept from before. It must be one statement and not none.
    pub(crate) fn lease(&self, sql: &str, origin: Origin) -> Result<Lease<'_>, Stopped> {
        self.lease_as(sql, origin, Form::AsWritten, |sql| Ok(Cow::Borrowed(sql)))
    }

    /// A statement of a user's that is rewritten when it is prepared.
    pub(crate) fn lease_rewritten(
        &self,
        sql: &str,
        view: View,
        rewrite: impl FnOnce(&str) -> Result<Cow<'_, str>>,
    ) -> Result<Lease<'_>, Stopped> {
        self.lease_as(sql, Origin::User, Form::Seeing(view), rewrite)
    }

    fn lease_as(
        &self,
        sql: &str,
        origin: Origin,
        form: Form,
        rewrite: impl FnOnce(&str) -> Result<Cow<'_, str>>,
    ) -> Result<Lease<'_>, Stopped> {
        {
            let mut kept = self.kept.borrow_mut();
            if let Some(position) = kept
                .iter()
                .rposition(|kept| *kept.text == *sql && (kept.form == form || planted(Defect::ExpiredByKeptStatement)))
            {
                return Ok(Lease { session: self, kept: Some(kept.remove(position)), origin });
            }
        }
        let rewritten = rewrite(sql)?;
        let (statement, rest) = self.prepare(&rewritten, origin)?;
        let Some(statement) = statement else {
            return Err(Error::invalid("the SQL text has no statement").into());
        };
        if !rest.trim().is_empty() && self.prepare(rest, origin)?.0.is_some() {
            return Err(Error::invalid("the SQL text has more than one statement; run them one by one").into());
        }
        Ok(Lease { session: self, kept: Some(Kept { text: sql.into(), form, statement }), origin })
    }

    fn prepare<'s>(&self, sql: &'s str, origin: Origin) -> Result<(Option<Statement>, &'s str), Failure> {
        // SAFETY: the connection outlives the statements of its session.
        self.as_origin(origin, || unsafe { Statement::prepare(self.db(), sql) })
    }

    /// Finalizes kept statements but the latest used, and gives SQLite's page cache back.
    pub(crate) fn release_memory(&self, keep: usize) {
        let mut kept = self.kept.borrow_mut();
        let surplus = kept.len().saturating_sub(keep);
        kept.drain(..surplus);
        kept.shrink_to_fit();
        // A failure would only mean that there is nothing to give back.
        let _ = self.connection.release_memory();
    }

    /// Takes SQLite's pool of small allocations away: 48 KiB a connection. Before the first statement.
    pub(crate) fn no_lookaside(&self) -> Result<(), Failure> {
        // SAFETY: the connection is open; this operation takes a pointer and two ints.
        let code = unsafe {
            let none = std::ptr::null_mut::<u8>();
            ffi::sqlite3_db_config(self.db(), ffi::SQLITE_DBCONFIG_LOOKASIDE, none, 0 as c_int, 0 as c_int)
        };
        self.check(code)
    }

    fn check(&self, code: c_int) -> Result<(), Failure> {
        // SAFETY: the connection is open.
        if code == ffi::SQLITE_OK { Ok(()) } else { Err(unsafe { Failure::of(self.db(), code) }) }
    }
}

/// A statement in use. It is kept for the next time when it is dropped.
pub(crate) struct Lease<'a> {
    session: &'a Session,
    /// None only while it is dropped.
    kept: Option<Kept>,
    origin: Origin,
}

impl Lease<'_> {
    /// Whether running it changes no database.
    pub(crate) fn is_readonly(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.statement.is_readonly())
    }

    /// Runs it and lends its rows, until `each` breaks.
    pub(crate) fn run(
        &mut self,
        params: Params<'_>,
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<ControlFlow<()>>,
    ) -> Result<(), Stopped> {
        let Some(Kept { statement, .. }) = &mut self.kept else {
            return Ok(());
        };
        let order = parameter_order(statement, &params)?;
        let mut bound = Bound::new(statement);
        match params {
            Params::Positional(values) => {
                for (index, value) in values.iter().enumerate() {
                    bound.bind(index + 1, value)?;
                }
            }
            Params::Named(values) => {
                for (index, &position) in order.iter().enumerate() {
                    bound.bind(index + 1, &values[position].1)?;
                }
            }
        }
        while self.session.as_origin(self.origin, || bound.step())? {
            if each(&bound.row())?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// For each parameter the position of its named value. That all have one and none is too many.
fn parameter_order(statement: &Statement, params: &Params<'_>) -> Result<Vec<usize>> {
    let count = statement.parameters();
    match params {
        Params::Positional(values) if values.len() == count => Ok(Vec::new()),
        Params::Positional(values) => {
            Err(Error::invalid(format!("the statement has {count} parameters, and {} values were given", values.len())))
        }
        Params::Named(values) => {
            let mut order = Vec::with_capacity(count);
            for index in 1..=count {
                let Some(name) = statement.parameter_name(index) else {
                    return Err(Error::invalid("a parameter of the statement has no name; write `:name`"));
                };
                let name = &name[1..];
                match values.iter().position(|(given, _)| *given == name) {
                    Some(position) => order.push(position),
                    None => {
                        return Err(Error::invalid(format!("no value was given for the parameter `:{name}`")));
                    }
                }
            }
            match (0..values.len()).find(|position| !order.contains(position)) {
                Some(position) => {
                    Err(Error::invalid(format!("the statement has no parameter `:{}`", values[position].0)))
                }
                None => Ok(order),
            }
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(statement) = self.kept.take() {
            let mut kept = self.session.kept.borrow_mut();
            if kept.len() >= MOST_KEPT {
                kept.remove(0);
            }
            kept.push(statement);
        }
    }
}
