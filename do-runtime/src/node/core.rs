//! The node: what its objects share.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};

use tokio::sync::{Notify, watch};

use super::builder::Options;
use super::{AnyHost, Home, Host, Scheduler, Watches};
use crate::Timestamp;
use crate::env::{BoxFuture, Env, FolderLock};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{ClassTag, Journal, Log, LogPosition};
use crate::object::Dispatch;
use crate::placement::{OneProcess, Placement};
use crate::sockets::{CloseCode, Halls};
use crate::sqlite::DiskVfs;
use crate::store::{Registry, SqlitePageStore, WriteBehind};
use crate::sync::{RwLock, is_simulated, yield_now};

/// Where everything rests that is not awake. Whoever uses it holds it: the folder is released with the last.
pub(crate) struct Rest {
    pub(crate) behind: Arc<WriteBehind>,
    pub(crate) pages: Arc<SqlitePageStore>,
    /// The store's files are reached through it: it goes after them.
    #[expect(dead_code, reason = "it is held, not used")]
    pub(crate) vfs: DiskVfs,
    /// Goes last.
    #[expect(dead_code, reason = "it is held, not used")]
    pub(crate) lock: FolderLock,
}

impl Rest {
    pub(crate) fn registry(&self) -> &Registry {
        self.pages.registry()
    }
}

/// The classes by their names.
type Hosts = BTreeMap<&'static str, (TypeId, Arc<dyn AnyHost>)>;

/// One folder, opened.
pub(crate) struct Node {
    env: Env,
    options: Options,
    placement: Arc<dyn Placement>,
    log: Arc<Journal>,
    rest: RwLock<Option<Arc<Rest>>>,
    hosts: RwLock<Hosts>,
    closing: AtomicBool,
    /// The journal's own: whoever was told that it has failed finds every call refused.
    failed: Arc<AtomicBool>,
    woken: Arc<Notify>,
    over: Notify,
    checkpoint_wanted: Arc<Notify>,
    scheduler: Scheduler,
    sockets: Halls,
    watches: Arc<Watches>,
    /// Told when no new call is taken any more.
    ending: watch::Sender<()>,
    /// Milliseconds since the node was opened, plus one; a watcher moves it on.
    coarse: AtomicU64,
    opened: Timestamp,
    /// Bytes of the objects that are awake, about.
    pub(crate) awake_bytes: AtomicU64,
    /// One checkpoint at a time.
    pub(crate) checkpointing: AtomicBool,
}

impl Node {
    pub(crate) fn new(env: Env, options: Options, log: Arc<Journal>, rest: Rest) -> Self {
        let opened = env.clock.now();
        Node {
            env,
            placement: Arc::new(OneProcess { jurisdiction: options.jurisdiction.clone() }),
            options,
            failed: log.failed_flag(),
            log,
            rest: RwLock::new(Some(Arc::new(rest))),
            hosts: RwLock::default(),
            closing: AtomicBool::new(false),
            woken: Arc::default(),
            over: Notify::new(),
            checkpoint_wanted: Arc::default(),
            scheduler: Scheduler::default(),
            sockets: Halls::default(),
            watches: Arc::default(),
            ending: watch::Sender::new(()),
            coarse: AtomicU64::new(1),
            opened,
            awake_bytes: AtomicU64::new(0),
            checkpointing: AtomicBool::new(false),
        }
    }

    pub(crate) fn env(&self) -> &Env {
        &self.env
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn placement(&self) -> &dyn Placement {
        &*self.placement
    }

    #[inline]
    pub(crate) fn log(&self) -> &Journal {
        &self.log
    }

    /// Where everything rests, until the node has ended.
    pub(crate) fn rest(&self) -> Result<Arc<Rest>> {
        self.rest
            .read()
            .clone()
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, "these objects were closed: open the folder again"))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.env.clock.now()
    }

    /// When it was opened.
    pub(crate) fn opened(&self) -> Timestamp {
        self.opened
    }

    /// Whether nothing may depend on how long things take.
    #[inline]
    pub(crate) fn is_deterministic(&self) -> bool {
        self.options.deterministic
    }

    /// The time that costs nothing to read, in milliseconds since the node was opened, plus one.
    #[inline]
    pub(crate) fn coarse_now(&self) -> u64 {
        if self.options.deterministic {
            self.tick();
        }
        self.coarse.load(Relaxed)
    }

    /// Moves the coarse time on.
    pub(crate) fn tick(&self) {
        let passed = self.now().as_millis().saturating_sub(self.opened.as_millis());
        self.coarse.fetch_max(u64::try_from(passed).unwrap_or(0) + 1, Relaxed);
    }

    /// Whether calls are taken.
    #[inline]
    pub(crate) fn available(&self) -> Result<()> {
        if self.closing.load(Relaxed) {
            return Err(Error::new(ErrorKind::Unavailable, "these objects are closing: no new call is taken"));
        }
        if self.failed.load(Relaxed)
            && let Some(error) = self.log.failure()
        {
            return Err(error);
        }
        Ok(())
    }

    pub(crate) fn spawn(&self, task: BoxFuture) {
        self.env.spawn.spawn(task);
    }

    pub(crate) fn spawn_blocking(&self, job: Box<dyn FnOnce() + Send>) {
        self.env.spawn.spawn_blocking(job);
    }

    /// The host of a class, made if there is none yet.
    pub(crate) fn host<O: Dispatch>(self: &Arc<Self>, home: &Arc<Home>) -> Arc<Host<O>> {
        if let Some(host) = self.known_host::<O>() {
            return host;
        }
        let mut hosts = self.hosts.write();
        let (class, host) = hosts.entry(O::CLASS).or_insert_with(|| {
            (TypeId::of::<O>(), Arc::new(Host::<O>::new(self.clone(), home.clone())) as Arc<dyn AnyHost>)
        });
        assert_eq!(*class, TypeId::of::<O>(), "two classes of one name were refused at open");
        let host = downcast(host.clone());
        drop(hosts);
        self.link(ClassTag::of(O::CLASS));
        host
    }

    /// The host of a class, if there is one.
    pub(super) fn host_of(&self, class: ClassTag) -> Option<Arc<dyn AnyHost>> {
        self.hosts.read().values().find(|(_, host)| host.tag() == class).map(|(_, host)| host.clone())
    }

    fn known_host<O: Dispatch>(&self) -> Option<Arc<Host<O>>> {
        let hosts = self.hosts.read();
        let (class, host) = hosts.get(O::CLASS)?;
        assert_eq!(*class, TypeId::of::<O>(), "two classes of one name were refused at open");
        Some(downcast(host.clone()))
    }

    /// The hosts of all classes, in the order of their names.
    pub(crate) fn hosts(&self) -> Vec<Arc<dyn AnyHost>> {
        self.hosts.read().values().map(|(_, host)| host.clone()).collect()
    }

    /// No new call is taken. Whether this was the first to say so.
    pub(crate) fn begin_closing(&self) -> bool {
        let first = !self.closing.swap(true, AcqRel);
        self.scheduler.poke();
        if first {
            self.sockets.close_all(CloseCode::AWAY, "the server stops");
            self.watches.end();
            self.ending.send_replace(());
        }
        first
    }

    /// Whether it is closing or closed.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Acquire)
    }

    /// Whether everything has ended.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.rest.read().is_none()
    }

    /// The same, without a lock while calls are taken.
    #[inline]
    pub(crate) fn is_over(&self) -> bool {
        self.closing.load(Relaxed) && self.is_abandoned()
    }

    /// Told when everything has ended.
    pub(crate) fn over(&self) -> &Notify {
        &self.over
    }

    /// Told when an object has been woken.
    pub(crate) fn woken(&self) -> &Arc<Notify> {
        &self.woken
    }

    /// What wakes objects when they want to be.
    pub(crate) fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Who wants to know when an object changes.
    #[inline]
    pub(crate) fn watches(&self) -> &Arc<Watches> {
        &self.watches
    }

    /// Changes when no new call is taken any more.
    #[cfg(feature = "http")]
    pub(crate) fn ending(&self) -> watch::Receiver<()> {
        self.ending.subscribe()
    }

    /// The sockets of all objects.
    pub(crate) fn sockets(&self) -> &Halls {
        &self.sockets
    }

    /// Told when a checkpoint is due.
    pub(crate) fn checkpoint_wanted(&self) -> &Arc<Notify> {
        &self.checkpoint_wanted
    }

    /// Asks for a checkpoint if enough has come together since the last one.
    #[inline]
    pub(crate) fn consider_checkpoint(&self) {
        let enough = self.options.checkpoint_bytes;
        if self.log.held() >= enough && !self.checkpointing.load(Relaxed) {
            self.checkpoint_wanted.notify_one();
        }
    }

    /// Asks for a checkpoint if much waits for the store.
    pub(crate) fn consider_store(&self, rest: &Rest) {
        if rest.behind.bytes() >= self.options.checkpoint_bytes && !self.checkpointing.load(Relaxed) {
            self.checkpoint_wanted.notify_one();
        }
    }

    /// Ends everything at once: what is durable stays, what is not is lost. The folder is free afterwards.
    ///
    /// It waits for the disk: not for tasks.
    pub(crate) fn abandon(&self) {
        self.begin_closing();
        for host in self.hosts() {
            host.retire();
        }
        self.hosts.write().clear();
        let rest = self.rest.write().take();
        self.over.notify_waiters();
        if let Some(rest) = &rest {
            // Wakes and a checkpoint that are under way on the blocking pool: the folder is theirs until they end. Where there
            // are no threads they are tasks of this very one, and their disk is gone anyway.
            let threads = !self.options.deterministic || is_simulated();
            while threads && Arc::strong_count(rest) > 1 {
                yield_now();
            }
        }
        if let Err(error) = self.log.close() {
            tracing::error!(%error, "the journal could not be closed in order; nothing that was acknowledged is lost");
        }
        if let Some(rest) = rest.as_ref().filter(|_| self.log.failure().is_none()) {
            // Worth a sync: from now on a damage at the very end of the log can be told from its end.
            if let Err(error) = rest.registry().set_journal(self.log.reached()) {
                tracing::warn!(%error, "how far the journal has come could not be noted");
            }
        }
        drop(rest);
        // Background tasks that wait see that it is over.
        self.woken.notify_one();
        self.checkpoint_wanted.notify_one();
    }
}

fn downcast<O: Dispatch>(host: Arc<dyn AnyHost>) -> Arc<Host<O>> {
    match host.into_any().downcast() {
        Ok(host) => host,
        Err(_) => unreachable!("the type id was compared"),
    }
}

/// Resolves once everything before `position` is durable.
pub(crate) async fn durable(log: &impl Log, position: LogPosition) -> Result<()> {
    poll_fn(|cx| log.poll_durable(position, cx.waker())).await
}
