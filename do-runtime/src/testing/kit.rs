//! The kit that a test is given.

#[cfg(unix)]
mod copied;
#[cfg(feature = "http")]
mod fetch;
mod restarts;
mod sockets;
mod wakes;

use std::sync::Arc;

pub use sockets::TestSocket;

use parking_lot::Mutex;

use super::threads::Threads;
use crate::call::{Body, TurnFor, TurnOf, give_back};
use crate::env::shuffle::{World, here, is_thread};
use crate::env::{Env, Jobs, Sim, SimDisk, SimSpawn};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Rhythm;
use crate::node::{AnyHost, Builder, Hold, Home, Objects, Pick, Turned, checkpoint, durable, put_to_sleep};
use crate::object::{Cx, Dispatch, Method, Object, PendingAlarm, TypedStub};
use crate::sqlite::expiry;
use crate::table::{Table, TableDef};
use crate::time::IntoDuration;
use crate::{ObjectId, Timestamp};

/// When virtual time begins: 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How many times so many rounds are waited for alarms that set each other.
const LONGEST_CHAIN: usize = 100_000;

/// What `kit.inside` is called in the metadata of its closure: a call from outside.
static INSIDE: Method = Method::new("kit.inside");

/// What a test controls: time, crashes, hibernation; and a look inside. Cheap to clone.
///
/// `#[do_runtime::test]` hands one to a test; [`run`](super::run) is what it becomes.
///
/// ```standalone_crate
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Counter { #[stored] count: u64 }
/// # #[durable_object]
/// # impl Counter {
/// #     #[rpc]
/// #     fn add(&mut self) -> Result<u64> { self.count += 1; Ok(self.count) }
/// # }
/// # do_runtime::testing::run("example", |kit: TestKit| async move {
/// let counter = kit.objects().get_by_name::<Counter>("visits");
/// counter.add().await?;
/// kit.crash().await?;
/// assert_eq!(counter.add().await?, 2);
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct TestKit(Arc<Inner>);

struct Inner {
    seed: u64,
    objects: Objects,
    sim: Mutex<Sim>,
    rhythm: Mutex<Rhythm>,
    options: Mutex<Options>,
    /// After the objects: they close with its help.
    threads: Threads,
}

/// What a test changes of how a node is opened.
type Options = Arc<dyn Fn(Builder) -> Builder + Send + Sync>;

impl std::fmt::Debug for TestKit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TestKit(seed {})", self.0.seed)
    }
}

impl TestKit {
    /// A fresh folder in memory. It must be called inside a tokio runtime of one thread.
    ///
    /// # Errors
    /// `invalid` if the classes that are linked into the program can't be opened together.
    pub async fn open(seed: u64) -> Result<Self> {
        Self::on(seed, Sim::new(seed, BEGINNING, tokio::runtime::Handle::current()), usual()).await
    }

    /// The folder on a disk, such as a power cut has left, at a time. Journal segments are small, so that it is opened quickly, and jobs
    /// that block run at once, not in turn.
    /// It must be called inside a tokio runtime of one thread.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn open_on(disk: Arc<SimDisk>, now: Timestamp, seed: u64) -> Result<Self> {
        let sim = Sim::new(seed, now, tokio::runtime::Handle::current()).with_disk(disk).with_jobs(Jobs::AtOnce);
        Self::on(seed, sim, Arc::new(|builder| builder.journal("128KiB", "256KiB"))).await
    }

    /// As [`TestKit::open`], but tasks run in an order that is drawn from the seed, and what runs on threads in earnest, such as
    /// wakes, checkpoints and slow methods, runs on threads of which the seed draws which goes on, wherever they meet. So
    /// other seeds find other races, and one seed finds the same one again. One such kit at a time on a thread.
    ///
    /// # Errors
    /// As [`TestKit::open`]; `invalid` if the runtime has more threads than one, or another such kit lives on this thread.
    pub async fn shuffled(seed: u64) -> Result<Self> {
        let handle = tokio::runtime::Handle::current();
        if handle.runtime_flavor() != tokio::runtime::RuntimeFlavor::CurrentThread {
            return Err(Error::invalid(
                "a shuffled kit needs a tokio runtime of one thread: nothing else may decide the order",
            ));
        }
        if here().is_some() {
            return Err(Error::invalid("another shuffled kit lives on this thread: let it go first"));
        }
        Self::on(seed, Sim::shuffled(seed, BEGINNING, handle), usual()).await
    }

    async fn on(seed: u64, sim: Sim, options: Options) -> Result<Self> {
        let rhythm = Rhythm::Together;
        let objects = options(builder(sim.env(), rhythm)).open("").await?;
        let threads = Threads::of(&sim);
        let (sim, rhythm, options) = (Mutex::new(sim), Mutex::new(rhythm), Mutex::new(options));
        Ok(TestKit(Arc::new(Inner { seed, objects, sim, rhythm, options, threads })))
    }

    /// The objects.
    pub fn objects(&self) -> &Objects {
        &self.0.objects
    }

    /// The run's seed: it is printed when the test fails, and `DO_SEED=…` runs the same again.
    pub fn seed(&self) -> u64 {
        self.0.seed
    }

    /// Virtual time. It stands still until the kit moves it.
    pub fn now(&self) -> Timestamp {
        let clock = self.0.sim.lock().clock.clone();
        crate::env::Clock::now(&*clock)
    }

    /// Moves time on by a duration (`"31d"`, `secs(5)`), running what falls due on the way in order of time.
    ///
    /// # Panics
    /// If text is given that is no duration.
    pub async fn advance(&self, duration: impl IntoDuration) {
        let duration = match duration.into_duration() {
            Ok(duration) => duration,
            Err(error) => panic!("kit.advance: {error}"),
        };
        self.set_time(self.now() + duration).await;
    }

    /// Sets the time. Forwards, what falls due on the way runs in order of time; a jump back runs nothing.
    pub async fn set_time(&self, time: Timestamp) {
        self.settle().await;
        let clock = self.0.sim.lock().clock.clone();
        while clock.advance_to_next_timer(time).is_some() {
            self.settle().await;
        }
        clock.set(time);
        self.settle().await;
    }

    /// Moves time on by a duration at once, and waits for nothing: what falls due on the way races with the calls that are under way,
    /// as it does where time passes by itself. [`TestKit::settle`] lets all of it go on.
    ///
    /// # Panics
    /// If text is given that is no duration.
    pub fn leap(&self, duration: impl IntoDuration) {
        let duration = match duration.into_duration() {
            Ok(duration) => duration,
            Err(error) => panic!("kit.leap: {error}"),
        };
        let clock = self.0.sim.lock().clock.clone();
        clock.set(self.now() + duration);
    }

    /// Lets everything run that can run without time moving on: alarms that are due too, and what they set that is due at
    /// once. An alarm that always sets itself anew without a pause is cut off in the end.
    ///
    /// # Panics
    /// In [`TestKit::thread`], which would wait for itself.
    pub async fn settle(&self) {
        assert!(
            !is_thread(),
            "a thread can't wait until everything rests, itself included: settle and move time in a task"
        );
        for _ in 0..LONGEST_CHAIN {
            self.0.threads.settle().await;
            if self.home().node().map_or(true, |node| node.is_closing() || node.scheduler().is_at_rest()) {
                return;
            }
        }
    }

    /// Runs the next alarm of an object now, whenever it is due; whether there was one. If it fails, that is noted as ever:
    /// [`TestKit::pending_alarms`] shows it. An asynchronous one has ended when this returns; if it waits for time to pass, join
    /// this with [`TestKit::advance`].
    ///
    /// # Errors
    /// Why the object can't be woken.
    pub async fn run_alarm<S: TypedStub>(&self, stub: &S) -> Result<bool> {
        let node = self.home().node()?;
        let host = node.host::<S::Object>(self.home());
        match host.run_alarm(stub.stub().id(), Pick::First).await? {
            Turned::Idle(_) | Turned::Posting => Ok(false),
            Turned::Ran(position) => durable(node.log(), position).await.map(|()| true),
            Turned::Flying(ended) => {
                // It ends unless the node does, and then its next run is after a restart.
                let _ = ended.await;
                Ok(true)
            }
        }
    }

    /// Holds the cleanup of what has expired back, or lets it go on. It stays held over `restart` and `crash`. Rows that have
    /// expired are invisible all the same, and handlers that write delete them.
    pub fn hold_cleanup(&self, held: bool) {
        self.hold(&self.home().cleanup, held);
    }

    /// Holds messages that objects have sent back, or lets them go on. They stay held over `restart` and `crash`.
    pub fn hold_deliveries(&self, held: bool) {
        self.hold(&self.home().deliveries, held);
    }

    fn hold(&self, what: &Hold, held: bool) {
        if held {
            return what.begin();
        }
        let concerned = what.end();
        if let Ok(node) = self.home().node() {
            concerned.into_iter().for_each(|(class, id)| node.look_at(class, id));
        }
    }

    /// The alarms of an object in the order in which they run, then those that were given up; and where rows will expire, their
    /// cleanup, whose method is called `cleanup`.
    ///
    /// # Errors
    /// Why the object can't be woken.
    pub async fn pending_alarms(&self, stub: &impl TypedStub) -> Result<Vec<PendingAlarm>> {
        self.look(stub, |cx, cleanup| {
            let mut pending = cx.alarms().pending()?;
            let last = pending
                .iter()
                .position(|alarm| alarm.failed().is_some() || cleanup.is_some_and(|due| due < alarm.due()));
            if let Some(due) = cleanup {
                pending.insert(last.unwrap_or(pending.len()), PendingAlarm::cleanup(due));
            }
            Ok(pending)
        })
        .await
    }

    /// Runs a closure inside an object, as a transaction. It is durable when this returns.
    ///
    /// # Errors
    /// What the closure returns, and then nothing of it happened; or an error of the runtime.
    pub async fn inside<S: TypedStub, T>(
        &self,
        stub: &S,
        body: impl FnOnce(&mut S::Object, &mut Cx<S::Object>) -> Result<T>,
    ) -> Result<T> {
        let mut turn = TurnFor::new(stub.stub().slot()?, TurnOf::Instance).await?;
        let (awake, shared) = turn.parts();
        let Body::Awake(awake) = awake else {
            return Err(Error::new(ErrorKind::Internal, "a turn at an object came while it slept"));
        };
        awake.meta().begin(&INSIDE, None);
        let (result, ran) = awake.exclusive(shared, body);
        awake.meta().end();
        if ran.instance == crate::call::Instance::Spoiled {
            put_to_sleep(&mut turn);
        }
        give_back(turn);
        durable(self.home().node()?.log(), ran.position).await?;
        result
    }

    /// Puts an object to sleep now, even if its asynchronous handlers are under way, which keep it awake otherwise: they go on, and
    /// find what is ephemeral begun anew, as after a panic.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub async fn evict(&self, stub: &impl TypedStub) -> Result {
        let mut turn = TurnFor::new(stub.stub().slot()?, TurnOf::Slot).await?;
        put_to_sleep(&mut turn);
        give_back(turn);
        Ok(())
    }

    /// Puts all objects to sleep now, as [`TestKit::evict`] does one.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub async fn evict_all(&self) -> Result {
        for host in self.home().node()?.hosts() {
            host.put_to_sleep(None).await?;
        }
        Ok(())
    }

    /// Brings what was committed to the store now, as a node does when its journal has grown enough.
    ///
    /// # Errors
    /// What could not be written: it stays in the journal, and the next checkpoint tries again.
    pub async fn checkpoint(&self) -> Result {
        checkpoint(&self.home().node()?).await
    }

    /// The ids of the objects of a class that exist.
    ///
    /// # Errors
    /// `storage` if the registry can't be read.
    pub async fn list<O: Dispatch>(&self) -> Result<Vec<ObjectId>> {
        self.objects().namespace::<O>().list().into_iter().map(|listed| listed.map(|listed| listed.id)).collect()
    }

    /// The ids of the objects that are awake.
    pub fn awake(&self) -> Vec<ObjectId> {
        let Ok(node) = self.home().node() else { return Vec::new() };
        node.hosts().iter().flat_map(|host| host.awake()).collect()
    }

    /// How many rows a table of an object has in its database, whatever queries see of them.
    ///
    /// # Errors
    /// `invalid` if the object has no such table, or an error of the runtime.
    pub async fn physical_rows<T: Table>(&self, stub: &impl TypedStub) -> Result<u64> {
        self.look(stub, |cx, _| physical_rows(cx, T::DEF)).await
    }

    /// Looks at an object as one who reads: who writes deletes what has expired.
    async fn look<S: TypedStub, T>(
        &self,
        stub: &S,
        body: impl FnOnce(&Cx<S::Object>, Option<Timestamp>) -> Result<T>,
    ) -> Result<T> {
        let mut turn = TurnFor::new(stub.stub().slot()?, TurnOf::Instance).await?;
        let (awake, shared) = turn.parts();
        let result = match awake {
            Body::Awake(awake) => {
                let cleanup = awake.cleanup_due();
                awake.shared(shared, |_, cx| body(cx, cleanup)).0
            }
            _ => Err(Error::new(ErrorKind::Internal, "a turn at an object came while it slept")),
        };
        give_back(turn);
        result
    }

    /// The simulated disk, to look at its files and to make it fail.
    pub fn disk(&self) -> Arc<SimDisk> {
        self.0.sim.lock().disk.clone()
    }

    pub(super) fn sim_spawn(&self) -> Arc<SimSpawn> {
        self.0.sim.lock().spawn.clone()
    }

    /// What runs the threads.
    pub(super) fn world(&self) -> &Arc<World> {
        self.0.threads.made(|| self.0.sim.lock().clock.clone())
    }

    fn home(&self) -> &Arc<Home> {
        self.0.objects.home()
    }
}

/// Nothing is changed.
fn usual() -> Options {
    Arc::new(|builder| builder)
}

fn builder(env: Env, rhythm: Rhythm) -> Builder {
    Builder::default().env(env).deterministic().rhythm(rhythm)
}

fn physical_rows<O: Object>(cx: &Cx<O>, table: &TableDef) -> Result<u64> {
    if !O::TABLES.iter().any(|declared| declared.name == table.name) {
        return Err(Error::invalid(format!("`{}` has no table `{}`", O::CLASS, table.rust_name)));
    }
    expiry::physical_rows(&cx.database, table)
}
