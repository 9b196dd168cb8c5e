//! Real threads: syncs in flight, and many callers.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::fixture::{World, outcome};
use crate::env::{Disk, DiskFile, Env, FolderLock, LockError, Open, SimDisk, TokioSpawn};
use crate::journal::files::WRITERS;
use crate::journal::gate::Gate;
use crate::journal::{Commit, CommitKind, Journal, JournalOptions, Log, LogPosition, Prepare, Replayed};
use crate::{ErrorKind, ObjectId, Result};

const START: LogPosition = LogPosition(0);

/// A disk whose syncs, once it is told so, wait until the test lets them go.
struct Held {
    disk: Arc<SimDisk>,
    turnstile: Arc<Turnstile>,
}

#[derive(Default)]
pub(super) struct Turnstile {
    pub(super) holding: AtomicBool,
    syncs: Mutex<Vec<Sync>>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sync {
    Waiting,
    Let,
    Refused,
    Done,
}

impl Turnstile {
    fn sync(&self) -> io::Result<()> {
        if !self.holding.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut syncs = self.syncs.lock();
        if !self.holding.load(Ordering::SeqCst) {
            return Ok(());
        }
        let number = syncs.len();
        syncs.push(Sync::Waiting);
        self.changed.notify_all();
        while syncs[number] == Sync::Waiting {
            self.changed.wait(&mut syncs);
        }
        let refused = syncs[number] == Sync::Refused;
        syncs[number] = Sync::Done;
        self.changed.notify_all();
        if refused { Err(io::Error::other("refused")) } else { Ok(()) }
    }

    pub(super) fn wait_for(&self, condition: impl Fn(&[Sync]) -> bool) {
        let mut syncs = self.syncs.lock();
        while !condition(&syncs) {
            self.changed.wait(&mut syncs);
        }
    }

    /// How many syncs have begun.
    pub(super) fn begun(&self) -> usize {
        self.syncs.lock().len()
    }

    /// Lets all go that wait, and nobody waits any more.
    pub(super) fn open(&self) {
        let mut syncs = self.syncs.lock();
        self.holding.store(false, Ordering::SeqCst);
        syncs.iter_mut().filter(|sync| **sync == Sync::Waiting).for_each(|sync| *sync = Sync::Let);
        self.changed.notify_all();
    }

    pub(super) fn set(&self, number: usize, sync: Sync) {
        self.syncs.lock()[number] = sync;
        self.changed.notify_all();
    }
}

struct HeldFile(Arc<dyn DiskFile>, Arc<Turnstile>);

impl DiskFile for HeldFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.read_at(into, at)
    }
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.0.write_at(bytes, at)
    }
    fn allocate(&self, len: u64) -> io::Result<()> {
        self.0.allocate(len)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn sync(&self) -> io::Result<()> {
        self.1.sync()?;
        self.0.sync()
    }
    fn settle(&self) -> io::Result<()> {
        self.0.settle()
    }
}

impl Disk for Held {
    fn open(&self, path: &Path, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(HeldFile(self.disk.open(path, how)?, self.turnstile.clone())))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.disk.exists(path)
    }
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.create_folder(folder)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.disk.remove(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.disk.rename(from, to)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.disk.sync_folder(folder)
    }
    fn describe(&self, path: &Path) -> PathBuf {
        self.disk.describe(path)
    }
    fn lock(&self) -> std::result::Result<FolderLock, LockError> {
        self.disk.lock()
    }
}

/// What is found where there are threads, and syncs can be held.
pub(super) fn found_on_held(world: &World) -> (Replayed, Arc<Turnstile>) {
    let turnstile = Arc::new(Turnstile::default());
    let env = Env {
        disk: Arc::new(Held { disk: world.sim.disk.clone(), turnstile: turnstile.clone() }),
        spawn: Arc::new(TokioSpawn::new(world.runtime.handle().clone())),
        ..world.sim.env()
    };
    let recovered = Journal::recover(&env, world.options.clone()).unwrap();
    (recovered.replay(START, &mut |_, _| Ok(())).unwrap(), turnstile)
}

/// A journal with threads whose first two batches are being synced, and the positions after them.
pub(super) fn two_in_flight() -> (World, Journal, Arc<Turnstile>, [LogPosition; 2]) {
    let mut world = World::new(1, 64 << 10);
    // Everything is prepared, so that the only syncs are those of batches.
    (world.options.largest, world.options.unsynced) = (0, 0);
    let (replayed, turnstile) = found_on_held(&world);
    let journal = Journal::start(replayed, START).unwrap();
    turnstile.holding.store(true, Ordering::SeqCst);
    let first = world.append(&journal).unwrap().end;
    turnstile.wait_for(|syncs| syncs.len() == 1);
    let second = world.append(&journal).unwrap().end;
    turnstile.wait_for(|syncs| syncs.len() == 2);
    (world, journal, turnstile, [first, second])
}

#[test]
fn two_syncs_in_flight_are_released_in_order() {
    let (_world, journal, turnstile, [first, second]) = two_in_flight();
    turnstile.set(1, Sync::Let);
    turnstile.wait_for(|syncs| syncs[1] == Sync::Done);
    assert_eq!((journal.durable(), outcome(&journal, second)), (START, None));
    turnstile.set(0, Sync::Let);
    wait(&journal, second).unwrap();
    assert_eq!(journal.durable(), second);
    assert_eq!(outcome(&journal, first), Some(Ok(())));
}

#[test]
fn a_sync_makes_durable_what_it_covers_and_no_more() {
    let (_world, journal, turnstile, [first, second]) = two_in_flight();
    turnstile.set(0, Sync::Let);
    wait(&journal, first).unwrap();
    assert_eq!((journal.durable(), outcome(&journal, second)), (first, None));
    turnstile.set(1, Sync::Let);
    wait(&journal, second).unwrap();
}

#[test]
fn a_failed_sync_takes_the_later_one_with_it() {
    let (_world, journal, turnstile, [first, second]) = two_in_flight();
    turnstile.set(1, Sync::Let);
    turnstile.wait_for(|syncs| syncs[1] == Sync::Done);
    turnstile.set(0, Sync::Refused);
    for position in [first, second] {
        assert_eq!(wait(&journal, position).unwrap_err().kind(), ErrorKind::Unavailable);
    }
    assert_eq!(journal.durable(), START);
    assert!(journal.close().is_err());
}

#[test]
fn a_later_batch_that_survives_a_lost_one_is_given_up_with_it() {
    // given: both are written, neither is synced
    let (mut world, journal, turnstile, [first, _]) = two_in_flight();
    let left = world.sim.disk.kill();
    turnstile.set(0, Sync::Let);
    turnstile.set(1, Sync::Let);
    assert!(journal.close().is_err());
    // when: only the second one's write has reached the disk
    world.on(left);
    let (path, mut content) = world.segments().remove(0);
    content[4096..4096 + first.0 as usize].fill(0);
    world.sim.disk.put(&path, &content);
    // then: nobody was told of either, and none is there
    let (commits, replayed) = world.recover(START).unwrap();
    assert!(commits.is_empty());
    assert_eq!(replayed.end(), START);
}

#[test]
fn closing_while_a_writer_waits_for_more_ends_the_other_one_too() {
    let mut world = World::new(1, 64 << 10);
    let env = Env { spawn: Arc::new(TokioSpawn::new(world.runtime.handle().clone())), ..world.sim.env() };
    let recovered = Journal::recover(&env, world.options.clone()).unwrap();
    let journal = Arc::new(Journal::start(recovered.replay(START, &mut |_, _| Ok(())).unwrap(), START).unwrap());
    let until = |condition: &dyn Fn(&Gate) -> bool| {
        while !condition(&journal.0.gate.lock()) {
            thread::yield_now();
        }
    };
    // given: one writer waits for as many callers as the last batch had, the other one for work
    until(&|gate| gate.idle == WRITERS);
    {
        let mut gate = journal.0.gate.lock();
        (gate.last, gate.usual) = (100, Duration::from_secs(3600));
    }
    let end = world.append(&journal).unwrap().end;
    until(&|gate| gate.lingering.is_some() && gate.idle == 1);
    // when
    let (closed, told) = std::sync::mpsc::channel();
    let closing = journal.clone();
    thread::spawn(move || closed.send(closing.close()));
    // then
    told.recv_timeout(Duration::from_secs(30)).expect("it closes").unwrap();
    assert!(journal.durable() >= end);
}

#[test]
fn many_callers_on_a_real_disk_are_all_answered_and_all_kept() {
    const CALLERS: u64 = 8;
    const EACH: u64 = 100;
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let env = Env::real(folder.path(), runtime.handle().clone()).unwrap();
    let options = JournalOptions {
        segment: 16 << 10,
        largest: 64 << 10,
        unsynced: 16 << 10,
        prepare: Prepare::Zeros,
        ..JournalOptions::new([1; 16])
    };
    let recovered = Journal::recover(&env, options.clone()).unwrap();
    let journal = Journal::start(recovered.replay(START, &mut |_, _| Ok(())).unwrap(), START).unwrap();
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let journal = &journal;
            scope.spawn(move || {
                for sequence in 1..=EACH {
                    journal.admit(1000).unwrap();
                    let end = journal.append(&commit(caller, sequence, &[sequence as u8; 150])).unwrap();
                    wait(journal, end).unwrap();
                    assert!(journal.durable() >= end);
                }
            });
        }
    });
    journal.close().unwrap();
    let mut next = [1; CALLERS as usize];
    let replayed = Journal::recover(&env, options)
        .unwrap()
        .replay(START, &mut |commit, _| {
            let caller = commit.object.0[0] as usize;
            assert_eq!(commit.sequence, next[caller]);
            next[caller] += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(next, [EACH + 1; CALLERS as usize]);
    assert_eq!(replayed.end(), journal.end());
}

pub(super) fn commit(caller: u64, sequence: u64, delta: &[u8]) -> Commit<'_> {
    let class = crate::journal::ClassTag(1);
    let object = ObjectId([caller as u8; 32]);
    Commit { class, object, sequence, pages: 1, next_alarm: None, kind: CommitKind::Change, delta }
}

/// Parks the thread until a position is durable.
pub(super) fn wait(journal: &Journal, position: LogPosition) -> Result<()> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match journal.poll_durable(position, &waker) {
            Poll::Ready(outcome) => return outcome,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
