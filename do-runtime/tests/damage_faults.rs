//! Every request of a short life to the disk fails in turn: opening, listing, reading, measuring, writing, by half too, and
//! syncing; once, for a while, and for good. The life goes through a new folder, commits, hibernation, checkpoints, a crash with its
//! recovery, and a restart. Whatever fails, there is a typed error, nothing panics or hangs, and once the disk works again
//! everything that was acknowledged is there, and nothing else in part.
//!
//! `DO_FAULTS=1 cargo test -p do-runtime --all-features --test damage_faults` tries every request, `DO_FAULTS=10` every tenth; without
//! it some are tried, and of the syncs most. `DO_FAULT=1155` tries that request alone.
#![cfg(feature = "testing")]

mod damage;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::time::Duration;

use damage::accounts::{Account, Contents, text};
use do_runtime::env::{DiskCounts, Fault, Requests};
use do_runtime::prelude::*;
use do_runtime::testing::number;

/// How long a life may take in real time: nothing in it takes a hundredth of that.
const HANGS: Duration = Duration::from_secs(60);

/// What becomes of an account's operations. An operation that ended in an error other than `storage` may have happened.
#[derive(Debug, Clone, Default)]
struct Known {
    /// What the account may hold: one set of operations if all is certain.
    possible: BTreeSet<Option<BTreeMap<i64, usize>>>,
}

impl Known {
    fn new() -> Self {
        Known { possible: BTreeSet::from([None]) }
    }

    /// Takes note of an operation with its outcome.
    fn note(&mut self, outcome: &Result, change: impl Fn(&mut Option<BTreeMap<i64, usize>>)) {
        let changed = self.possible.iter().cloned().map(|mut notes| {
            change(&mut notes);
            notes
        });
        match outcome {
            Ok(()) => self.possible = changed.collect(),
            // Refused before it ran.
            Err(error) if error.kind() == ErrorKind::Storage => {}
            Err(_) => {
                let changed: Vec<_> = changed.collect();
                self.possible.extend(changed);
            }
        }
    }

    /// Takes note of what was found, or says what is wrong with it.
    fn see(&mut self, found: &Contents) -> std::result::Result<(), String> {
        let is = |notes: &Option<BTreeMap<i64, usize>>| {
            let notes = notes.clone().unwrap_or_default();
            *found
                == Contents {
                    notes: notes.iter().map(|(operation, length)| (*operation, text(*operation, *length))).collect(),
                    stored_sum: notes.keys().sum(),
                    key_count: notes.len() as i64,
                }
        };
        let fitting: BTreeSet<_> = self.possible.iter().filter(|notes| is(notes)).cloned().collect();
        if fitting.is_empty() {
            let there: Vec<_> = found.notes.iter().map(|(operation, text)| (operation, text.len())).collect();
            return Err(format!(
                "it has {there:?}, sum {}, count {}, and may have {:?}",
                found.stored_sum, found.key_count, self.possible
            ));
        }
        self.possible = fitting;
        Ok(())
    }
}

/// A life with what is known of it.
struct Life {
    kit: TestKit,
    accounts: BTreeMap<&'static str, Known>,
    operation: i64,
    errors: BTreeMap<String, u64>,
    last: Option<Error>,
    problems: Vec<String>,
}

const NAMES: [&str; 4] = ["ann", "bob", "cid", "dee"];

impl Life {
    async fn new() -> Self {
        let kit = TestKit::open(5).await.expect("a folder in memory can be opened");
        let accounts = NAMES.into_iter().map(|name| (name, Known::new())).collect();
        // So that the life begins with a new folder, whose making can fail too.
        kit.objects().close().await.expect("it closes");
        kit.disk().wipe();
        Life { kit, accounts, operation: 0, errors: BTreeMap::new(), last: None, problems: Vec::new() }
    }

    /// Waits for a call, with time moving on if it takes some: what waits for room looks for it every 100 ms.
    async fn call<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let mut call = Box::pin(call);
        let kit = &self.kit;
        tokio::select! {
            biased;
            answer = &mut call => return answer,
            () = kit.settle() => {}
        }
        for _ in 0..100 {
            tokio::select! {
                biased;
                answer = &mut call => return answer,
                () = kit.advance("1s") => {}
            }
        }
        Err(Error::new(ErrorKind::Internal, "it hangs"))
    }

    fn judge(&mut self, what: &str, error: &Error) {
        if !matches!(error.kind(), ErrorKind::Storage | ErrorKind::Unavailable) {
            self.problems.push(format!("{what} answers {}: {error}", error.kind()));
        }
        *self.errors.entry(format!("{what}: {}", error.kind())).or_default() += 1;
        self.last = Some(error.clone());
    }

    async fn add(&mut self, name: &'static str, length: usize) {
        self.operation += 1;
        let operation = self.operation;
        let account = self.kit.objects().get_by_name::<Account>(name);
        let outcome = self.call(async move { account.add(operation, length).await }).await;
        if let Err(error) = &outcome {
            self.judge("add", error);
        }
        let known = self.accounts.get_mut(name).expect("one of the names");
        known.note(&outcome, |notes| {
            notes.get_or_insert_default().insert(operation, length);
        });
    }

    async fn delete(&mut self, name: &'static str) {
        let accounts = self.kit.objects().namespace::<Account>();
        let id = accounts.id_from_name(name);
        let outcome = self.call(async move { accounts.delete(id).await.map(drop) }).await;
        if let Err(error) = &outcome {
            self.judge("delete", error);
        }
        self.accounts.get_mut(name).expect("one of the names").note(&outcome, |notes| *notes = None);
    }

    /// Reads an account: what it answers must be true, even now.
    async fn look(&mut self, name: &'static str) -> bool {
        let account = self.kit.objects().get_by_name::<Account>(name);
        match self.call(async move { account.contents().await }).await {
            Ok(found) => {
                let wrong = self.accounts.get_mut(name).expect("one of the names").see(&found).err();
                self.problems.extend(wrong.map(|wrong| format!("{name}: {wrong}")));
                true
            }
            Err(error) => {
                self.judge("contents", &error);
                false
            }
        }
    }

    fn judged(&mut self, what: &str, outcome: Result) -> bool {
        if let Err(error) = &outcome {
            self.judge(what, error);
        }
        outcome.is_ok()
    }

    async fn work(&mut self, rounds: usize) {
        for round in 0..rounds {
            for (number, name) in NAMES.into_iter().enumerate() {
                let length = if (round + number).is_multiple_of(3) { 9_000 } else { 60 };
                self.add(name, length).await;
            }
            self.look(NAMES[round % NAMES.len()]).await;
        }
    }

    async fn evict(&mut self) {
        let kit = self.kit.clone();
        let outcome = self.call(async move { kit.evict_all().await }).await;
        self.judged("evict", outcome);
    }

    async fn checkpoint(&mut self) {
        let kit = self.kit.clone();
        let outcome = self.call(async move { kit.checkpoint().await }).await;
        self.judged("checkpoint", outcome);
    }

    async fn crash(&mut self) -> bool {
        let kit = self.kit.clone();
        let outcome = self.call(async move { kit.crash().await }).await;
        self.judged("crash", outcome)
    }

    async fn restart(&mut self) -> bool {
        let kit = self.kit.clone();
        let outcome = self.call(async move { kit.restart().await }).await;
        self.judged("restart", outcome)
    }

    /// The whole of it, the same every time as far as the disk lets it.
    async fn live(&mut self) {
        self.crash().await;
        self.work(3).await;
        self.evict().await;
        self.look("ann").await;
        self.checkpoint().await;
        self.work(2).await;
        self.delete("dee").await;
        self.evict().await;
        self.work(1).await;
        self.crash().await;
        self.work(2).await;
        self.look("dee").await;
        self.checkpoint().await;
        self.restart().await;
        self.work(1).await;
        self.evict().await;
        self.look("bob").await;
        self.crash().await;
        self.look("cid").await;
    }

    /// The disk works again: all is there, and it goes on.
    async fn recover(&mut self) {
        self.kit.disk().fail_requests(Requests::Any, 0, 0, Fault::Error(io::ErrorKind::Other));
        for _ in 0..2 {
            if !self.crash().await {
                self.problems.push(format!("it can't be opened again: {:?}", self.last));
                return;
            }
            for name in NAMES {
                if !self.look(name).await {
                    self.problems.push(format!("{name} can't be read any more: {:?}", self.last));
                }
            }
            let before = self.errors.clone();
            self.work(1).await;
            self.checkpoint().await;
            if self.errors != before {
                self.problems.push(format!("it does not go on: {:?}", self.last));
            }
        }
    }
}

/// Lives once, with this fault; the requests of the life, and what was wrong.
fn live(fault: Option<(Requests, u64, u64, Fault)>) -> (DiskCounts, BTreeMap<String, u64>, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut life = Life::new().await;
        let disk = life.kit.disk();
        let begun = disk.counts();
        if let Some((which, before, count, fault)) = fault {
            disk.fail_requests(which, before, count, fault);
        }
        if tokio::time::timeout(HANGS, life.live()).await.is_err() {
            life.problems.push("it hangs".to_owned());
        }
        let ended = life.kit.disk().counts();
        let counts = DiskCounts {
            writes: ended.writes - begun.writes,
            syncs: ended.syncs + ended.folder_syncs - begun.syncs - begun.folder_syncs,
            requests: ended.requests - begun.requests,
            ..ended
        };
        if fault.is_some() && tokio::time::timeout(HANGS, life.recover()).await.is_err() {
            life.problems.push("it hangs after its recovery".to_owned());
        }
        (counts, life.errors, life.problems)
    })
}

#[test]
fn whatever_request_of_the_disk_fails_nothing_acknowledged_is_lost() {
    let (counts, errors, problems) = live(None);
    assert!(errors.is_empty() && problems.is_empty(), "without a fault: {errors:?} {problems:?}");
    assert!(counts.requests > 500, "{counts:?} is too little to mean anything");
    let (one, step) = (number("DO_FAULT"), number("DO_FAULTS"));
    let other = io::ErrorKind::Other;
    // Which, of how many, how many in the short form, and how they fail.
    let kinds = [
        (Requests::Syncs, counts.syncs, 50, 1, Fault::Error(other)),
        (Requests::Writes, counts.writes, 10, 1, Fault::Short(other)),
        (Requests::Any, counts.requests, 10, 1, Fault::Error(other)),
        (Requests::Any, counts.requests, 5, 2, Fault::Error(io::ErrorKind::PermissionDenied)),
        (Requests::Any, counts.requests, 5, 20, Fault::Short(io::ErrorKind::StorageFull)),
        (Requests::Any, counts.requests, 5, u64::MAX, Fault::Error(other)),
    ];
    let (mut lives, mut failed, mut seen) = (0_u64, Vec::new(), BTreeMap::<String, u64>::new());
    for (which, all, some, count, fault) in kinds {
        let step = step.unwrap_or(all / some).max(1);
        for before in one.map_or((0..all).step_by(step as usize).collect(), |one| vec![one]) {
            let (_, errors, problems) = live(Some((which, before, count, fault)));
            errors.into_iter().for_each(|(error, count)| *seen.entry(error).or_default() += count);
            failed.extend(
                problems.into_iter().map(|problem| format!("{which:?} {before}, {count} × {fault:?}: {problem}")),
            );
            lives += 1;
        }
    }
    eprintln!("{lives} lives of {counts:?}: {seen:#?}");
    let shown: Vec<_> = failed.iter().take(40).map(String::as_str).collect();
    assert!(failed.is_empty(), "{} violations:\n{}", failed.len(), shown.join("\n"));
}
