//! Many callers on real threads read, write, and compare and set registers of few objects: stored fields, rows and key-values, through
//! synchronous and asynchronous handlers, while objects fall asleep and wake, checkpoints run, callers give up, and the folder is closed
//! and opened again. A checker looks for an order in which each register is one register: each operation takes effect at one moment
//! between its call and its answer.
//!
//! `DO_LINEAR=10000000 cargo test --release -p do-tests --test linearizability` is the long form: so many operations. `DO_SEED` repeats
//! what the callers choose, though not how their threads run.

mod faulty;
mod history;
mod registers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use do_runtime::prelude::*;
use do_runtime::testing::{number, seed};
use tokio::sync::RwLock;

use history::{Call, History, Op, Place};
use registers::{Registers, RegistersStub};

/// The objects that are open now; there are some whenever it can be read.
type Shared = Arc<RwLock<Option<Objects>>>;

/// Callers at once.
const CALLERS: u64 = 48;
/// Operations of a caller in a round. A round has registers of its own: the checker's work grows with the square of a history.
const EACH: u64 = 60;
/// Rounds that may wait to be checked.
const CHECKS: usize = 4;
/// Objects of a round; half of the operations go to the first two.
const OBJECTS: u64 = 10;

#[test]
fn each_register_of_each_object_is_one_register() {
    let operations = number("DO_LINEAR").unwrap_or(100_000);
    let seed = seed();
    eprintln!("DO_LINEAR={operations} DO_SEED={seed}");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    runtime.block_on(async {
        let objects = Arc::new(RwLock::new(Some(open(folder.path()).await)));
        let (mut done, mut told) = (0, history::Told::default());
        let mut checks = std::collections::VecDeque::new();
        for round in 0.. {
            let history = play(&objects, folder.path(), round, seed).await;
            done += history.len();
            // While the next rounds are played.
            checks.push_back((round, tokio::task::spawn_blocking(move || history.check())));
            while checks.len() > CHECKS || (done >= operations && !checks.is_empty()) {
                let (round, checked) = checks.pop_front().expect("there is one");
                match checked.await.expect("no panic") {
                    Ok(more) => told += more,
                    Err(register) => panic!("round {round}, DO_SEED={seed}: no order explains\n{register}"),
                }
            }
            if done >= operations {
                break;
            }
        }
        objects.write().await.take().expect("they are open").close().await.expect("it closes");
        eprintln!("{done} operations: {told:?}");
        assert!(told.shows_something(), "too little happened at once to show anything: {told:?}");
    });
}

async fn open(folder: &std::path::Path) -> Objects {
    let builder = Objects::builder().idle("5ms").awake_memory("256KiB").checkpoint_every("1MiB");
    builder.open(folder).await.expect("it opens")
}

/// One round: all callers, and in every eighth a node that is closed and opened under them.
async fn play(objects: &Shared, folder: &std::path::Path, round: u64, seed: u64) -> History {
    let clock = Arc::new(AtomicU64::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let (objects, clock) = (objects.clone(), clock.clone());
            let dice = Dice::new(seed ^ (round << 32) ^ (caller << 16));
            tokio::spawn(async move { call_again_and_again(&objects, &clock, round, caller, dice).await })
        })
        .collect();
    if round % 8 == 3 {
        // In the middle of it: about half of the calls have been sent.
        while clock.load(SeqCst) < CALLERS * EACH {
            tokio::task::yield_now().await;
        }
        let mut objects = objects.write().await;
        let open_now = objects.take().expect("they are open");
        if round % 16 == 3 {
            open_now.close().await.expect("it closes");
        }
        // Else without waiting for anybody.
        drop(open_now);
        *objects = Some(open(folder).await);
    }
    let mut history = History::default();
    for caller in callers {
        history.add(caller.await.expect("no panic"));
    }
    history
}

async fn call_again_and_again(
    objects: &Shared,
    clock: &AtomicU64,
    round: u64,
    caller: u64,
    mut dice: Dice,
) -> Vec<Call> {
    let mut calls = Vec::new();
    // What it saw last of each register, to compare with.
    let mut seen = std::collections::BTreeMap::new();
    for number in 0..EACH {
        let object = if dice.below(2) == 0 { dice.below(2) } else { dice.below(OBJECTS) };
        let place = [Place::Field, Place::Row, Place::Key][dice.below(3) as usize];
        // No value is written twice, and none is what a register begins with.
        let value = (caller * EACH + number) + 1;
        let last = seen.get(&(object, place)).copied().unwrap_or(0);
        let op = match dice.below(10) {
            0..=3 => Op::Read,
            4..=6 => Op::Write(value),
            _ => Op::Swap { expected: last, new: value },
        };
        let stub = objects
            .read()
            .await
            .as_ref()
            .expect("they are open")
            .get_by_name::<Registers>(format!("round-{round}-{object}"));
        let manner = match dice.below(40) {
            0 => Manner::Hasty,
            1 => Manner::Dropped,
            2..=15 => Manner::Later,
            _ => Manner::InPlace,
        };
        let begun = clock.fetch_add(1, SeqCst);
        let found = send(&stub, place, op, manner).await;
        let ended = clock.fetch_add(1, SeqCst);
        let call = Call { object, place, op, begun, ended, found };
        match (found, op) {
            (Some(found), Op::Swap { expected, new }) if found == expected => drop(seen.insert((object, place), new)),
            (Some(found), Op::Read | Op::Swap { .. }) => drop(seen.insert((object, place), found)),
            (_, Op::Write(value)) => drop(seen.insert((object, place), value)),
            (None, _) => {}
        }
        calls.push(call);
    }
    calls
}

/// How a call is made.
#[derive(Clone, Copy)]
enum Manner {
    InPlace,
    /// Through an asynchronous handler.
    Later,
    /// With hardly any time.
    Hasty,
    /// Polled once, and dropped if there is no answer yet.
    Dropped,
}

/// What was found, or nothing if nobody knows whether it happened.
async fn send(stub: &RegistersStub, place: Place, op: Op, manner: Manner) -> Option<u64> {
    let answer = match manner {
        Manner::InPlace if op == Op::Read => stub.look(place).await,
        Manner::InPlace => stub.apply(place, op).await,
        Manner::Later => stub.apply_later(place, op).await,
        Manner::Hasty => stub.apply(place, op).deadline("1ms").await,
        Manner::Dropped => {
            let mut call = std::pin::pin!(stub.apply(place, op));
            match futures::poll!(&mut call) {
                std::task::Poll::Ready(answer) => answer,
                std::task::Poll::Pending => return None,
            }
        }
    };
    match answer {
        Ok(found) => Some(found),
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Unavailable), "{error}");
            None
        }
    }
}

/// A stream of random numbers.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}
