//! Folders as a power cut left them, and whether what was acknowledged is in there.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use do_crash::Told;
use do_runtime::env::{Keep, SimDisk};
use do_runtime::prelude::*;

use crate::recorder::Recording;

/// Operations have numbers below this.
const LIMIT: i64 = 100_000;

/// A folder after a power cut, and what had been said by then.
pub(crate) struct State {
    disk: Arc<SimDisk>,
    told: Told,
    what: String,
}

impl State {
    /// What is left of a life that was cut after so many events.
    pub(crate) fn of(life: &Recording, point: u64, keep: Keep, disk: Arc<SimDisk>) -> Self {
        let mut state =
            State { disk, told: Told::default(), what: format!("event {point} of {}, {keep:?}", life.tape.len()) };
        state.hear(life, point);
        if let Some(event) = life.tape.events().get(point.saturating_sub(1) as usize) {
            let _ = write!(state.what, ", the last is {}", shown(&event.step));
        }
        state
    }

    /// An earlier life has been cut before, after so many events.
    pub(crate) fn after(mut self, life: &Recording, point: u64) -> Self {
        self.hear(life, point);
        let _ = write!(self.what, ", after a cut at event {point} of {}", life.tape.len());
        self
    }

    pub(crate) fn named(mut self, what: &str) -> Self {
        let _ = write!(self.what, ", with {what}");
        self
    }

    fn hear(&mut self, life: &Recording, point: u64) {
        let said = life.said.iter().filter(|(at, line)| *at <= point && line != "open");
        said.for_each(|(_, line)| self.told.take(line));
    }

    async fn check(mut self) -> Result {
        let root = folder();
        self.disk.copy_to(root.path()).context("the folder is copied")?;
        let objects = Objects::builder().journal("128KiB", "256KiB").open(root.path().join("above/data")).await?;
        self.told.check(&objects, LIMIT, &pause).await
    }
}

fn shown(step: &do_runtime::env::Step) -> String {
    use do_runtime::env::Step;
    match step {
        Step::Write(file, at, bytes) => format!("{} bytes at {at} of file {file}", bytes.len()),
        step => format!("{step:?}"),
    }
}

async fn pause() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

/// Looks at states, several at once.
pub(crate) struct Checker {
    states: SyncSender<State>,
    threads: Vec<JoinHandle<u64>>,
}

impl Default for Checker {
    fn default() -> Self {
        let (states, taken) = sync_channel(2);
        let taken = Arc::new(std::sync::Mutex::new(taken));
        let threads = (0..2).map(|_| {
            let taken = taken.clone();
            std::thread::spawn(move || look(&taken))
        });
        Checker { states, threads: threads.collect() }
    }
}

fn look(states: &std::sync::Mutex<Receiver<State>>) -> u64 {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mut count = 0;
    loop {
        let next = states.lock().expect("nobody panics with it").recv();
        let Ok(state) = next else { return count };
        let what = state.what.clone();
        runtime.block_on(state.check()).unwrap_or_else(|error| panic!("{what}: {error}"));
        count += 1;
    }
}

impl Checker {
    pub(crate) fn check(&mut self, state: State) {
        if self.states.send(state).is_err() {
            self.end();
        }
    }

    pub(crate) fn finish(mut self, begun: Instant) {
        let count = self.end();
        let hours = begun.elapsed().as_secs_f64() / 3600.0;
        eprintln!("{count} states, {:.0} an hour", count as f64 / hours);
    }

    fn end(&mut self) -> u64 {
        let (states, _) = sync_channel(0);
        self.states = states;
        let ended = self.threads.drain(..).map(|thread| thread.join().expect("a state is not as it should be"));
        ended.sum()
    }
}

/// A folder, in memory if it can be: what it costs to make things durable does not matter here.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = tempfile::Builder::new().tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}
