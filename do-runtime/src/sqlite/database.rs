//! `Database`: the storage of one object, a connection of its own to its [`Image`].

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::sync::Arc;

use rusqlite::TransactionState;
use rusqlite::ffi;

use super::expiry::{View, Watch};
use super::failure::{self, Known};
use super::glue::{Failure, Lease, Origin, OwnerCell, Session, Stopped, TransactionStatement};
use super::guard::Guard;
use super::handler_context::HandlerContext;
use super::{image_vfs, set_up, temp_file};
use crate::Limits;
use crate::engine::{Engine, Executed, KeyRange, Params, RowAccess, Space};
use crate::env::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Image, PAGE};

/// Kept statements that survive [`Database::release_memory`].
const KEPT_WHEN_IDLE: usize = 8;

/// Free pages that a database may keep for its next rows: a quarter of it, and at least these.
const FREE_PAGES: u32 = 64;

/// Gives free pages back, one with each step. At most 256, since each may move another page into the record: 1 MiB.
const VACUUM: &str = "PRAGMA incremental_vacuum(256)";

/// What a database is opened with.
#[derive(Clone)]
pub struct DatabaseOptions {
    /// What it may use.
    pub limits: Limits,
    /// What `random()` and `randomblob()` draw from.
    pub random: Arc<dyn Random>,
}

/// What handlers may do with a database at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Read. No transaction is open.
    Shared,
    /// Read and write, in the transaction that [`Database::begin_exclusive`] has opened.
    Exclusive,
}

/// Stops what a database is computing, from any thread.
pub struct Interrupt(rusqlite::InterruptHandle);

impl Interrupt {
    /// The statements that run now end with a `deadline` error. Nothing, if none runs.
    pub fn interrupt(&self) {
        self.0.interrupt();
    }
}

/// The storage of one object. It moves between threads, and is used by one at a time.
pub struct Database {
    pub(super) session: Session,
    image: OwnerCell<Image>,
    guard: Guard,
    mode: Cell<Mode>,
    /// Why SQLite has ended the transaction by itself: nothing more can be done in it.
    doomed: RefCell<Option<Error>>,
    options: DatabaseOptions,
    /// None while no row expires.
    pub(super) watch: Option<Watch>,
}

impl Database {
    /// Opens the database of an image. One without pages becomes a new database with the first commit. A `storage` error
    /// if it can't be read.
    pub fn open(mut image: Image, options: &DatabaseOptions) -> Result<Self> {
        super::glue::initialize()?;
        image.set_limits(options.limits);
        let is_new = image.size() == 0;
        let (image, file) = OwnerCell::pair(image);
        temp_file::set_cap(options.limits.temp);
        let connected = image_vfs::connect(file);
        // SQLite reads the first page at once.
        let cause = || image.with(Image::take_failure).flatten();
        let mut connection = connected.map_err(|error| cause().unwrap_or(error))?;
        let guard = Guard::new(&mut connection)?;
        let session = Session::new(connection, guard.runtime.clone());
        let database = Database {
            session,
            image,
            guard,
            mode: Cell::new(Mode::Shared),
            doomed: RefCell::new(None),
            options: options.clone(),
            watch: None,
        };
        set_up::connection(&database.session, options).map_err(|failure| database.plain(failure))?;
        if is_new {
            // SQLite may already write the first page here.
            database.image(Image::begin)?;
            set_up::new_database(&database.session).map_err(|failure| database.plain(failure))?;
            database.image(|image| image.commit(&mut Vec::new()))?;
        }
        Ok(database)
    }

    /// What handlers may do at the moment.
    pub fn mode(&self) -> Mode {
        self.mode.get()
    }

    /// Begins the transaction of an exclusive handler.
    pub fn begin_exclusive(&self) -> Result<()> {
        if self.mode.get() == Mode::Exclusive {
            return Err(Error::invalid(
                "an update can't run within an update of the same object: call the method directly",
            ));
        }
        self.image(Image::begin)?;
        if let Err(failure) = self.session.transaction(TransactionStatement::Begin) {
            self.image(Image::rollback)?;
            return Err(self.plain(failure));
        }
        self.doomed.replace(None);
        self.mode.set(Mode::Exclusive);
        Ok(())
    }

    /// Whether the open transaction has begun to write.
    pub fn has_written(&self) -> bool {
        matches!(self.session.connection().transaction_state(Some("main")), Ok(TransactionState::Write))
    }

    /// Commits the transaction and appends the byte differences of its pages to `delta`. Whether anything changed. If it
    /// fails, the transaction is rolled back: `conflict` for a reference that dangles, `storage` for a limit.
    pub fn commit(&self, delta: &mut Vec<u8>) -> Result<bool> {
        if self.mode.get() != Mode::Exclusive {
            return Err(Error::new(ErrorKind::Internal, "a transaction was committed that had not begun"));
        }
        if let Err(error) = self.still_open() {
            self.rollback()?;
            return Err(error);
        }
        let has_written = self.watch.is_some() && self.has_written();
        if let Err(failure) = self.session.transaction(TransactionStatement::Commit) {
            let error = match failure.code {
                ffi::SQLITE_CONSTRAINT_FOREIGNKEY => self.dangling_reference(failure),
                _ => self.explained(failure, "COMMIT"),
            };
            self.rollback()?;
            return Err(error);
        }
        self.give_back_free_pages()?;
        let changed = self.image(|image| image.commit(delta))?;
        self.mode.set(Mode::Shared);
        if let Some(watch) = &self.watch {
            watch.committed(has_written);
        }
        Ok(changed)
    }

    /// Undoes the transaction, if one is open: the image is what it was before.
    pub fn rollback(&self) -> Result<()> {
        let rolled_back = match self.session.is_autocommit() {
            true => Ok(()),
            false => self.session.transaction(TransactionStatement::Rollback),
        };
        self.image(Image::rollback)?;
        self.mode.set(Mode::Shared);
        self.doomed.replace(None);
        if let Some(watch) = &self.watch {
            watch.rolled_back();
        }
        rolled_back.map_err(|failure| self.plain(failure))?;
        self.image(|image| drop(image.take_failure()))
    }

    /// Gives free pages back once they are more than 64 and a quarter of the database, 256 with each commit. It is in the
    /// same record as the transaction; if it fails (it has the same limits), the pages just stay free.
    fn give_back_free_pages(&self) -> Result<()> {
        let (free, size) = self.image(|image| (image.header(36).map_or(0, u32::from_be_bytes), image.size()))?;
        if free <= FREE_PAGES || free <= size / 4 {
            return Ok(());
        }
        if self.vacuum().is_err() && !self.session.is_autocommit() {
            self.session.transaction(TransactionStatement::Rollback).map_err(|failure| self.plain(failure))?;
        }
        self.image(|image| drop(image.take_failure()))
    }

    fn vacuum(&self) -> Result<()> {
        let run = |which| self.session.transaction(which).map_err(|failure| self.plain(failure));
        run(TransactionStatement::Begin)?;
        self.write(VACUUM, &[])?;
        run(TransactionStatement::Commit)
    }

    /// Does something with the image, between statements: hand pages over, shed, look at it.
    pub fn image<R>(&self, f: impl FnOnce(&mut Image) -> R) -> Result<R> {
        self.image
            .with(f)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "the image of an object was used within its own use"))
    }

    /// Closes the connection and gives the image back. A transaction that is open is rolled back.
    pub fn into_image(self) -> Result<Image> {
        self.rollback()?;
        drop(self.session);
        self.image
            .into_inner()
            .ok_or_else(|| Error::new(ErrorKind::Internal, "SQLite kept the image of a closed database"))
    }

    /// What it was opened with.
    pub(super) fn options(&self) -> DatabaseOptions {
        self.options.clone()
    }

    /// Stops what is computed here, from another thread.
    pub fn interrupt_handle(&self) -> Interrupt {
        Interrupt(self.session.connection().get_interrupt_handle())
    }

    /// Gives back what is not needed while the object idles: SQLite's page cache and most prepared statements.
    pub fn release_memory(&self) {
        self.session.release_memory(KEPT_WHEN_IDLE);
    }

    /// Whether a handler's statement can be prepared.
    pub(crate) fn prepares(&self, sql: &str) -> Result<()> {
        self.lease(Origin::User, sql).map(drop)
    }

    /// Runs statements of the runtime's own, several in one text, within the open transaction.
    pub(super) fn batch(&self, sql: &str) -> Result<()> {
        self.still_open()?;
        self.session.batch(sql).map_err(|failure| self.explained(failure, sql))
    }

    /// Runs one statement.
    pub(super) fn run(
        &self,
        origin: Origin,
        sql: &str,
        params: Params<'_>,
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let mut lease = self.lease(origin, sql)?;
        match lease.run(params, each) {
            Ok(()) => Ok(()),
            Err(stopped) => {
                drop(lease);
                Err(self.stopped(stopped, sql))
            }
        }
    }

    fn lease(&self, origin: Origin, sql: &str) -> Result<Lease<'_>> {
        self.still_open()?;
        temp_file::set_cap(self.options.limits.temp);
        let lease = match self.view(origin)? {
            None => self.session.lease(sql, origin),
            Some((view, watch)) => self.session.lease_rewritten(sql, view, |sql| watch.expiring.rewrite(sql, view)),
        };
        let lease = lease.map_err(|stopped| self.stopped(stopped, sql))?;
        if self.mode.get() == Mode::Shared && !lease.is_readonly() {
            return Err(Error::invalid("a handler with `&self` only reads: give it `&mut self` to write"));
        }
        Ok(lease)
    }

    /// What a statement sees of rows that expire. A handler that writes has deleted those that have.
    fn view(&self, origin: Origin) -> Result<Option<(View, &Watch)>> {
        let Some(watch) = self.watch.as_ref().filter(|_| origin == Origin::User) else { return Ok(None) };
        let view = match self.mode.get() {
            Mode::Shared if self.has_expired(HandlerContext::now())? => View::Living,
            Mode::Shared | Mode::Exclusive => View::All,
        };
        Ok(Some((view, watch)))
    }

    /// An error if SQLite has rolled the transaction back by itself: what runs now would run outside any.
    pub(super) fn still_open(&self) -> Result<()> {
        if self.mode.get() == Mode::Shared || !self.session.is_autocommit() {
            return Ok(());
        }
        Err(self
            .doomed
            .borrow()
            .clone()
            .unwrap_or_else(|| Error::conflict("a statement has rolled the transaction back (ON CONFLICT ROLLBACK)")))
    }

    pub(super) fn stopped(&self, stopped: Stopped, sql: &str) -> Error {
        match stopped {
            Stopped::Other(error) => error,
            Stopped::Sqlite(failure) => {
                let error = self.explained(failure, sql);
                if self.mode.get() == Mode::Exclusive && self.session.is_autocommit() {
                    self.doomed.borrow_mut().get_or_insert_with(|| error.clone());
                }
                error
            }
        }
    }

    fn explained(&self, failure: Failure, sql: &str) -> Error {
        let refusal = self.guard.take_refusal();
        failure::explained(failure, Known { sql, value_limit: self.options.limits.value, refusal, cause: self.cause() })
    }

    pub(super) fn plain(&self, failure: Failure) -> Error {
        self.cause().unwrap_or_else(|| failure::plain(failure))
    }

    /// What was behind a failed read or write.
    fn cause(&self) -> Option<Error> {
        let of_image = self.image(Image::take_failure).ok().flatten();
        let of_temp_file = temp_file::take_failure();
        of_image.or(of_temp_file)
    }

    /// Names the tables of a deferred reference that dangles, while the transaction is still open.
    fn dangling_reference(&self, failure: Failure) -> Error {
        let mut named = None;
        let checked = self.run(Origin::Runtime, "PRAGMA foreign_key_check", Params::Positional(&[]), &mut |row| {
            if let (crate::value::ValueRef::Text(child), crate::value::ValueRef::Text(parent)) =
                (row.value(0), row.value(2))
            {
                named = Some(format!("a row of `{child}` refers to a row of `{parent}` that does not exist"));
            }
            Ok(ControlFlow::Break(()))
        });
        match (checked, named) {
            (Ok(()), Some(sentence)) => Error::conflict(format!("{sentence} ({})", failure.message)),
            _ => self.explained(failure, "COMMIT"),
        }
    }
}

impl Engine for Database {
    fn query(
        &self,
        sql: &str,
        params: Params<'_>,
        each: &mut dyn FnMut(&dyn RowAccess) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.run(Origin::User, sql, params, each)
    }

    fn execute(&self, sql: &str, params: Params<'_>) -> Result<Executed> {
        let connection = self.session.connection();
        let before = connection.total_changes();
        self.run(Origin::User, sql, params, &mut |_| Ok(ControlFlow::Continue(())))?;
        // What changed nothing leaves the count of the statement before it.
        let changes = if connection.total_changes() == before { 0 } else { connection.changes() };
        Ok(Executed { changes, last_key: connection.last_insert_rowid() })
    }

    fn kv_get(&self, space: Space, key: &str) -> Result<Option<Vec<u8>>> {
        self.key_value(space, key)
    }

    fn kv_list(
        &self,
        space: Space,
        range: &KeyRange<'_>,
        each: &mut dyn FnMut(&str, &[u8]) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        self.key_values(space, range, each)
    }

    fn kv_put(&self, space: Space, key: &str, value: &[u8]) -> Result<()> {
        self.put_key_value(space, key, value)
    }

    fn kv_delete(&self, space: Space, key: &str) -> Result<bool> {
        self.delete_key(space, key)
    }

    fn kv_clear(&self, space: Space) -> Result<()> {
        self.clear_keys(space)
    }

    fn savepoint(&self, body: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.begin_savepoint()?;
        match body() {
            Ok(()) => self.keep_savepoint(),
            Err(error) => self.undo_savepoint().and(Err(error)),
        }
    }

    fn size(&self) -> u64 {
        self.image.with(|image| u64::from(image.size()) * PAGE as u64).unwrap_or(0)
    }
}
