//! The kit that a test is given.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::call::{Body, TurnFor, TurnOf, give_back};
use crate::env::{Env, Jobs, SeededRandom, Sim, SimDisk};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Rhythm;
use crate::node::{AnyHost, Builder, Hold, Home, Objects, Pick, Turned, checkpoint, durable, put_to_sleep, reopen};
use crate::object::{Cx, Dispatch, Method, Object, PendingAlarm, TypedStub};
use crate::sqlite::expiry;
use crate::table::{Table, TableDef};
use crate::time::IntoDuration;
use crate::{ObjectId, Timestamp};

/// When virtual time begins: 2026-01-01T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How many rounds of all tasks without a new timer count as rest.
const ROUNDS: usize = 32;

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
    sim: Mutex<Sim>,
    objects: Objects,
    rhythm: Mutex<Rhythm>,
    journal: JournalSize,
}

/// How large the journal's segments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JournalSize {
    Usual,
    Small,
}

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
        Self::on(SimDisk::new(), BEGINNING, seed, JournalSize::Usual).await
    }

    /// The folder on a disk, such as a power cut has left, at a time. Journal segments are small, so that it is opened quickly, and jobs
    /// that block run at once, not in turn.
    /// It must be called inside a tokio runtime of one thread.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn open_on(disk: Arc<SimDisk>, now: Timestamp, seed: u64) -> Result<Self> {
        Self::on(disk, now, seed, JournalSize::Small).await
    }

    async fn on(disk: Arc<SimDisk>, now: Timestamp, seed: u64, journal: JournalSize) -> Result<Self> {
        // One kit has jobs in turn, the other at once: each order has states of its own.
        let jobs = if journal == JournalSize::Small { Jobs::AtOnce } else { Jobs::InTurn };
        let sim = Sim::new(seed, now, tokio::runtime::Handle::current()).with_disk(disk).with_jobs(jobs);
        let rhythm = Rhythm::Together;
        let objects = builder(sim.env(), rhythm, journal).open("").await?;
        Ok(TestKit(Arc::new(Inner { seed, sim: Mutex::new(sim), objects, rhythm: Mutex::new(rhythm), journal })))
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
        crate::env::Clock::now(&*self.0.sim.lock().clock)
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

    /// Lets everything run that can run without time moving on: alarms that are due too, and what they set that is due at
    /// once. An alarm that always sets itself anew without a pause is cut off in the end.
    pub async fn settle(&self) {
        for _ in 0..LONGEST_CHAIN {
            for _ in 0..ROUNDS {
                tokio::task::yield_now().await;
            }
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

    /// Puts an object to sleep now.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub async fn evict(&self, stub: &impl TypedStub) -> Result {
        let mut turn = TurnFor::new(stub.stub().slot()?, TurnOf::Slot).await?;
        put_to_sleep(&mut turn);
        give_back(turn);
        Ok(())
    }

    /// Puts all objects to sleep now.
    ///
    /// # Errors
    /// `unavailable` once the objects were closed.
    pub async fn evict_all(&self) -> Result {
        for host in self.home().node()?.hosts() {
            host.put_to_sleep(None).await?;
        }
        Ok(())
    }

    /// From the next start on, each commit is written and synced by itself, so that a power cut may come between any two of them.
    /// Usually those of one moment go to the disk together.
    pub fn sync_each_commit(&self) {
        *self.0.rhythm.lock() = Rhythm::Each;
    }

    /// Stops cleanly and starts again. Stubs stay valid.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn restart(&self) -> Result {
        self.0.objects.close().await?;
        let disk = self.0.sim.lock().disk.kill();
        self.start_on(disk).await
    }

    /// Loses everything that is not durable, and starts again. Stubs stay valid.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn crash(&self) -> Result {
        let disk = self.0.sim.lock().disk.crash();
        self.start_after_crash(disk).await
    }

    /// Loses of what is not durable what `random` has it: each write kept, lost or torn. Then starts again; stubs stay valid.
    ///
    /// # Errors
    /// What prevents the folder from being opened.
    pub async fn crash_torn(&self, random: &SeededRandom) -> Result {
        let disk = self.0.sim.lock().disk.crash_torn(random);
        self.start_after_crash(disk).await
    }

    async fn start_after_crash(&self, disk: Arc<SimDisk>) -> Result {
        if let Some(node) = self.home().leave() {
            node.abandon();
        }
        self.start_on(disk).await
    }

    async fn start_on(&self, disk: Arc<SimDisk>) -> Result {
        let sim = self.0.sim.lock().with_disk(disk);
        let env = sim.env();
        *self.0.sim.lock() = sim;
        let rhythm = *self.0.rhythm.lock();
        reopen(builder(env, rhythm, self.0.journal), self.home()).await
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

    fn home(&self) -> &Arc<Home> {
        self.0.objects.home()
    }
}

fn builder(env: Env, rhythm: Rhythm, journal: JournalSize) -> Builder {
    let builder = Builder::default().env(env).deterministic().rhythm(rhythm);
    match journal {
        JournalSize::Usual => builder,
        JournalSize::Small => builder.small_journal(),
    }
}

fn physical_rows<O: Object>(cx: &Cx<O>, table: &TableDef) -> Result<u64> {
    if !O::TABLES.iter().any(|declared| declared.name == table.name) {
        return Err(Error::invalid(format!("`{}` has no table `{}`", O::CLASS, table.rust_name)));
    }
    expiry::physical_rows(&cx.database, table)
}
