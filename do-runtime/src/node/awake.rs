//! An object that is awake: its instance, its storage, and the transactions of its handlers.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::Due;
use crate::Timestamp;
use crate::call::{Instance, Ran, Shared, scope};
use crate::error::{Error, ErrorKind, Result};
use crate::image::HandOver;
use crate::journal::{CommitKind, Log, LogPosition, TemplateId};
use crate::metadata::Metadata;
use crate::object::alarms::AlarmDef;
use crate::object::{Cx, Dispatch, Failure, Identity, StoredChanges, StoredState};
use crate::ownership::Owned;
use crate::planted::{Defect, planted};
use crate::sockets::effects;
use crate::sqlite::{self, Delivery, HandlerContext, Interrupt, SchemaMark};
use crate::store::{Changes, Head};
use crate::sync::point;

thread_local! {
    /// The byte differences of the transaction that is being committed: a buffer for each thread, not for each object.
    static DELTA: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a connection and its statements take, measured: see `benches/`.
const CONNECTION_BYTES: u64 = 36 << 10;

/// A change in memory that is worth keeping account of.
const ACCOUNTED: u64 = 64 << 10;

/// Pages of one object that stay in memory at most, but for those that are not handed over.
const LARGEST_RESIDENT: u64 = 32 << 20;

/// The instance of an object and what goes with it while it is awake.
pub(crate) struct Awake<O> {
    object: Owned<O>,
    pub(super) cx: Cx<O>,
    stored: StoredState,
    pub(super) history: History,
    pub(super) due: Due,
    /// When the log and the scheduler think that it wants to be woken.
    pub(super) told: Option<Timestamp>,
}

/// What is committed of an object, and how.
pub(crate) struct History {
    /// The sequence of the last commit; 0 if there is none.
    pub(crate) sequence: u64,
    /// The image that the object began as.
    pub(crate) template: Option<TemplateId>,
    /// The pages in memory are not the object's any more: they are not handed over.
    pub(crate) void: bool,
}

impl<O: Dispatch> Awake<O> {
    pub(crate) fn new(object: O, cx: Cx<O>, stored: StoredState, history: History) -> Self {
        Awake { object: Owned::new(object, O::sendable()), cx, stored, history, due: Due::default(), told: None }
    }

    /// Runs a handler in a transaction: `Ok` commits all of it, an error or a panic undoes all of it.
    #[inline]
    pub(crate) fn exclusive<T, E: Failure>(
        &mut self,
        shared: &Shared<O>,
        handler: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, E>,
    ) -> (Result<T, E>, Ran) {
        let ended = self.transact(shared, handler);
        // If it failed too: what is ephemeral is not undone.
        shared.waits.changed();
        ended
    }

    /// The same, and those who wait for a change are not told.
    pub(crate) fn transact<T, E: From<Error>>(
        &mut self,
        shared: &Shared<O>,
        handler: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, E>,
    ) -> (Result<T, E>, Ran) {
        let before = if planted(Defect::ReplyOneTooEarly) { shared.position() } else { LogPosition::default() };
        let (result, instance) = match self.begin_handler(shared) {
            Err(error) => (Err(E::from(error)), Instance::Kept),
            Ok(()) => match self.run(|object, cx| handler(object, cx)) {
                Ok(Ok(value)) => match self.commit_handler(shared) {
                    Ok(instance) => {
                        effects::keep(shared);
                        (Ok(value), instance)
                    }
                    Err(error) => (Err(E::from(error)), self.undo()),
                },
                Ok(Err(error)) => (Err(error), self.undo()),
                Err(panic) => {
                    let undone = self.undo();
                    let left = if planted(Defect::KeptAfterPanic) { undone } else { Instance::Spoiled };
                    (Err(E::from(panicked(&shared.identity, &*panic))), left)
                }
            },
        };
        self.bound_memory(shared);
        let position = if planted(Defect::ReplyOneTooEarly) { before } else { shared.position() };
        (result, Ran { position, instance })
    }

    /// Runs a handler that only reads.
    pub(crate) fn shared<T, E: Failure>(
        &mut self,
        shared: &Shared<O>,
        handler: impl FnOnce(&O, &Cx<O>) -> Result<T, E>,
    ) -> (Result<T, E>, Ran) {
        self.cx.begin(shared.host.node().now());
        let (result, instance) = match self.run(|object, cx| handler(object, cx)) {
            Ok(result) if cfg!(debug_assertions) => match self.stored.unchanged(&self.object.0) {
                Ok(()) => (result, Instance::Kept),
                Err(error) => (Err(E::from(error)), Instance::Spoiled),
            },
            Ok(result) => (result, Instance::Kept),
            Err(panic) => (Err(E::from(panicked(&shared.identity, &*panic))), Instance::Spoiled),
        };
        match &result {
            Ok(_) => effects::keep(shared),
            Err(_) => effects::undo(),
        }
        self.bound_memory(shared);
        let position = if planted(Defect::ReadNotGated) { LogPosition::default() } else { shared.position() };
        (result, Ran { position, instance })
    }

    /// Asks the object whether somebody outside may go on; if not, what it says.
    pub(crate) fn refuses(&mut self, shared: &Shared<O>) -> Option<(Error, Ran)> {
        let (allowed, ran) = self.shared(shared, |object, cx| object.authorize(cx));
        allowed.err().map(|error| (error, ran))
    }

    /// Keeps account of the memory, and lets go of pages of a large object that the store has.
    fn bound_memory(&mut self, shared: &Shared<O>) {
        let now = self.resident_bytes();
        let before = shared.resident.load(Ordering::Relaxed);
        if now.abs_diff(before) < ACCOUNTED {
            return;
        }
        shared.account_for(now);
        if now > LARGEST_RESIDENT && !self.history.void {
            let shed =
                self.hand_over(shared).and_then(|()| self.cx.database.image(|image| image.shed(LARGEST_RESIDENT / 2)));
            if let Err(error) = shed {
                let identity = &shared.identity;
                tracing::error!(class = O::CLASS, name = identity.name(), id = %identity.id(), %error, "pages could not be let go of");
            }
            shared.account_for(self.resident_bytes());
        }
    }

    /// Runs `#[init]`. What it writes for an object that does not exist waits for a handler's first commit.
    pub(crate) fn init(&mut self, shared: &Shared<O>) -> Result<()> {
        if !O::HAS_INIT {
            return Ok(());
        }
        self.begin_handler(shared)?;
        self.cx.meta.begin_wake();
        let span = self.cx.meta.span();
        let _within = span.as_ref().map(|span| span.enter());
        let result = match self.run(|object, cx| object.init(cx)) {
            Ok(Ok(())) if self.history.sequence == 0 => self.commit_unborn(),
            Ok(Ok(())) => self.commit_handler(shared).map(drop),
            Ok(Err(error)) => Err(error),
            Err(panic) => Err(panicked(&shared.identity, &*panic)),
        };
        match &result {
            Ok(()) => effects::keep(shared),
            Err(_) => drop(self.undo()),
        }
        self.cx.meta.end();
        result
    }

    /// What goes with the call that runs.
    #[inline]
    pub(crate) fn meta(&mut self) -> &mut Metadata {
        &mut self.cx.meta
    }

    pub(super) fn begin(&mut self, shared: &Shared<O>) -> Result<()> {
        let node = shared.host.node();
        node.log().admit(O::LIMITS.transaction)?;
        self.cx.begin(node.now());
        self.cx.database.begin_exclusive()
    }

    /// Runs user code: it can't await, it sees the time of the handler in SQL too, and its panics end here.
    pub(super) fn run<R>(&mut self, body: impl FnOnce(&mut O, &mut Cx<O>) -> R) -> std::thread::Result<R> {
        let _in_handler = scope::InHandler::enter();
        let _time = HandlerContext::enter(self.cx.now());
        catch_unwind(AssertUnwindSafe(|| body(&mut self.object.0, &mut self.cx)))
    }

    /// Puts storage and stored fields back to where the transaction began.
    pub(super) fn undo(&mut self) -> Instance {
        effects::undo();
        if self.history.void {
            return Instance::Spoiled;
        }
        let database = self.cx.database.rollback();
        let fields = match planted(Defect::FieldsNotUndone) {
            true => Ok(()),
            false => self.stored.restore(&mut self.object.0),
        };
        match database.and(fields) {
            Ok(()) => Instance::Kept,
            Err(error) => {
                let (class, name, id) = (self.cx.class(), self.cx.name(), self.cx.id());
                tracing::error!(class, name, %id, %error, "a transaction could not be undone in memory: the object is woken afresh");
                Instance::Spoiled
            }
        }
    }

    /// Commits the transaction and appends its record to the log.
    pub(super) fn commit(&mut self, shared: &Shared<O>) -> Result<Instance> {
        if self.cx.erased || self.cx.has_touched_outbox() && self.cx.database.has_sent_its_last()? {
            match self.is_empty()? {
                true if !self.cx.database.has_messages()? || planted(Defect::ErasedTooEarly) => {
                    return self.commit_deletion(shared);
                }
                // What it has sent is still to arrive: with the last message the object goes.
                true => self.cx.database.note_erased()?,
                false if const { AlarmDef::any_kept(O::ALARMS) } => self.keep_alarms()?,
                false => {}
            }
        }
        let fields = self.write_fields()?;
        let due = self.due_after(self.due)?;
        DELTA.with_borrow_mut(|delta| {
            delta.clear();
            if !self.cx.database.commit(delta)? {
                return Ok(());
            }
            self.due = due;
            // Until the log has it, the pages hold what nobody may see.
            self.history.void = true;
            if self.history.sequence == 0 && !planted(Defect::InitNotLogged) {
                // What `#[init]` wrote is part of it.
                delta.clear();
                let template = shared.host.template()?;
                self.cx.database.image(|image| image.difference(&template.pages, delta))??;
            }
            self.append(shared, delta)?;
            self.history.void = false;
            Ok::<_, Error>(())
        })?;
        self.stored.commit(fields);
        Ok(Instance::Kept)
    }

    /// Commits what `#[init]` wrote for an object that does not exist: in memory only, until a handler commits.
    pub(super) fn commit_unborn(&mut self) -> Result<()> {
        self.cx.database.refuse_expired(self.cx.now())?;
        let fields = self.write_fields()?;
        let due = self.due_after(self.due)?;
        DELTA.with_borrow_mut(|delta| self.cx.database.commit(delta))?;
        self.due = due;
        self.stored.commit(fields);
        Ok(())
    }

    /// Writes the stored fields that changed, and beside anything else that is written those that storage lacks.
    fn write_fields(&mut self) -> Result<StoredChanges> {
        let fields = self.stored.changes(&self.object.0)?;
        if !fields.is_empty() || self.cx.database.has_written() {
            self.stored.write(&fields, &self.cx.database)?;
        }
        Ok(fields)
    }

    /// Appends the record of a transaction that SQLite has committed in memory.
    fn append(&mut self, shared: &Shared<O>, delta: &[u8]) -> Result<()> {
        let name = shared.identity.shared_name();
        let kind = match self.history.template {
            Some(template) if self.history.sequence == 0 => {
                if name.is_none() && shared.identity.id().is_named() {
                    return Err(unnamed(&shared.identity));
                }
                let name = name.as_deref().filter(|_| !planted(Defect::NameNotLogged));
                CommitKind::Create { name, template }
            }
            _ => CommitKind::Change,
        };
        let pages = self.cx.database.image(|image| image.size())?;
        // Before the log has it: a checkpoint that begins after the record must find the object.
        shared.dirty.store(true, Ordering::Release);
        self.log(shared, kind, pages, delta)?;
        if kind != CommitKind::Change {
            shared.exists.store(true, Ordering::Release);
            point();
            shared.host.note_created(&shared.identity);
        }
        shared.host.node().consider_checkpoint();
        Ok(())
    }

    /// The object is empty and was erased: it does not exist any more.
    fn commit_deletion(&mut self, shared: &Shared<O>) -> Result<Instance> {
        self.cx.database.rollback()?;
        self.history.void = true;
        self.due = Due::default();
        if self.history.sequence > 0 {
            self.log(shared, CommitKind::Delete, 0, &[])?;
            shared.host.note_deleted(shared, self.head(shared, 0));
        }
        Ok(Instance::Spoiled)
    }

    fn log(&mut self, shared: &Shared<O>, kind: CommitKind<'_>, pages: u32, delta: &[u8]) -> Result<()> {
        let next = self.due.next();
        let stated = if planted(Defect::NextAlarmNotLogged) { self.told } else { next };
        shared.log_commit(self.history.sequence + 1, pages, stated, kind, delta)?;
        self.history.sequence += 1;
        if next != self.told {
            self.told = next;
            shared.host.node().note_alarm(shared.host.tag(), shared.identity.id(), next, shared.position());
        }
        if self.cx.has_touched_alarms() || self.cx.has_touched_outbox() {
            self.tell_beside(shared);
        }
        Ok(())
    }

    /// Whether the pages in memory are not the object's.
    pub(crate) fn is_void(&self) -> bool {
        self.history.void
    }

    /// The pages in memory are nobody's from here on.
    pub(crate) fn make_void(&mut self) {
        self.history.void = true;
    }

    /// Whether nothing is left of the object: no row, no key, and every stored field as it was at first.
    fn is_empty(&self) -> Result<bool> {
        Ok(StoredState::first::<O>()?.changes(&self.object.0)?.is_empty() && self.cx.is_bare()?)
    }

    fn head(&self, shared: &Shared<O>, pages: u32) -> Head {
        Head {
            class: shared.host.tag(),
            name: shared.identity.shared_name(),
            sequence: self.history.sequence,
            applied: shared.position(),
            pages,
            template: self.history.template,
            next_alarm: self.due.next(),
            last_used: shared.host.node().now(),
            deleted: pages == 0,
        }
    }

    /// The state after the last commit, for the page store: what changed since it was taken before.
    fn take_changes(&mut self, shared: &Shared<O>) -> Result<Option<(Changes, HandOver)>> {
        if self.history.void || self.history.sequence == 0 {
            return Ok(None);
        }
        let (pages, size, hand_over) =
            self.cx.database.image(|image| (image.take_dirty(), image.size(), image.hand_over()))?;
        let changes = Changes { object: shared.identity.id(), head: self.head(shared, size), pages };
        Ok(Some((changes, hand_over)))
    }

    /// Hands what changed over to the store, which keeps it once the log is durable so far and has it to read at once.
    pub(crate) fn hand_over(&mut self, shared: &Shared<O>) -> Result<()> {
        let Some((changes, hand_over)) = self.take_changes(shared)? else { return Ok(()) };
        let source = shared.host.pages_of(shared.identity.id())?;
        let node = shared.host.node();
        let rest = node.rest()?;
        point();
        rest.behind.put(changes);
        node.consider_store(&rest);
        self.cx.database.image(|image| {
            image.set_source(source);
            image.kept(hand_over);
        })
    }

    /// Adds what the class has gained since the object was last awake: tables, indexes, columns; or runs its migrations.
    pub(crate) fn follow_schema(&mut self, shared: &Shared<O>) -> Result<()> {
        let template = shared.host.template().map_err(|error| error.context(&shared.identity))?;
        if SchemaMark::in_database(&self.cx.database)? == Some(template.mark) {
            return Ok(());
        }
        let _time = HandlerContext::enter(shared.host.node().now());
        let followed = match O::MIGRATIONS {
            [] => self.in_one(shared, |awake| {
                sqlite::follow(&awake.cx.database, O::TABLES)?;
                awake.watch_expiry()
            }),
            _ => self.migrate(shared),
        };
        followed.map_err(|error| error.context(&shared.identity))
    }

    /// A transaction of the runtime's own.
    pub(super) fn in_one(&mut self, shared: &Shared<O>, body: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.begin(shared)?;
        let done = body(self).and_then(|()| self.commit(shared).map(drop));
        match &done {
            Ok(()) => effects::keep(shared),
            Err(_) => drop(self.undo()),
        }
        shared.waits.changed();
        done
    }

    /// Whether a message was applied already.
    pub(crate) fn was_applied(&self, delivery: &Delivery) -> Result<bool> {
        self.cx.database.was_applied(delivery)
    }

    /// Notes that a message was applied whose handler does not run in a transaction.
    pub(crate) fn note_applied(&mut self, shared: &Shared<O>, delivery: &Delivery) -> Result<()> {
        let opened = shared.host.node().opened();
        self.in_one(shared, |awake| awake.cx.database.note_applied(delivery, awake.cx.now(), opened))
    }

    /// The instance is given up before anybody was served. What it committed while it woke is not lost.
    pub(crate) fn leave(mut self, shared: &Shared<O>) {
        let committed = shared.dirty.load(Ordering::Acquire) && self.history.sequence > 0;
        if committed && (self.history.void || self.hand_over(shared).is_err()) {
            // The log has it.
            shared.rebuild.store(true, Ordering::Release);
        }
        // Only now: a checkpoint passes over an object that has nothing to hand over, and frees its records.
        shared.dirty.store(false, Ordering::Release);
    }

    /// What stops the SQL that runs in this object.
    pub(crate) fn interrupt(&self) -> Interrupt {
        self.cx.database.interrupt_handle()
    }

    /// Bytes of memory that it takes, about.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let image = self.cx.database.image(|image| image.resident_bytes()).unwrap_or(0);
        image + CONNECTION_BYTES
    }

    /// Gives back memory that can be had again.
    pub(crate) fn release_memory(&mut self) {
        self.cx.database.release_memory();
    }
}

/// The error of a handler that panicked. The panic itself was printed by the panic hook; this line says where.
pub(crate) fn panicked(identity: &Identity, panic: &(dyn Any + Send)) -> Error {
    let text = words_of(panic);
    tracing::error!(class = identity.class(), id = %identity.id(), name = identity.name(), panic = text, "a handler panicked");
    Error::new(ErrorKind::Handler, format!("a handler of {identity} panicked: {text}"))
}

/// What a panic said.
pub(crate) fn words_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn unnamed(identity: &Identity) -> Error {
    Error::invalid(format!(
        "{identity} does not exist yet, and its id was made from a name that this process was not told: call it by \
         `get_by_name` first"
    ))
}
