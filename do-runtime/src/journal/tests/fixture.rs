//! A world with one journal, and commits that can be compared.

use std::path::Path;
use std::sync::Arc;
use std::task::{Poll, Waker};

use tokio::runtime::Runtime;

use crate::env::{Random, SeededRandom, Sim, SimDisk};
use crate::journal::{
    ClassTag, Commit, CommitKind, Journal, JournalOptions, Log, LogPosition, Prepare, Replayed, TemplateId, batch,
    record, segment,
};
use crate::{Error, ObjectId, Result, Timestamp};

/// A commit with what it owns, and the position after it.
#[derive(Clone, PartialEq)]
pub(super) struct Kept {
    class: ClassTag,
    object: ObjectId,
    sequence: u64,
    next_alarm: Option<Timestamp>,
    made: Option<(Option<String>, TemplateId)>,
    deleted: bool,
    delta: Vec<u8>,
    pub(super) end: LogPosition,
}

impl Kept {
    pub(super) fn of(commit: &Commit<'_>, end: LogPosition) -> Self {
        Kept {
            class: commit.class,
            object: commit.object,
            sequence: commit.sequence,
            next_alarm: commit.next_alarm,
            made: match commit.kind {
                CommitKind::Create { name, template } => Some((name.map(str::to_owned), template)),
                _ => None,
            },
            deleted: commit.kind == CommitKind::Delete,
            delta: commit.delta.to_vec(),
            end,
        }
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}..{}", self.sequence, self.end.0)
    }
}

/// One thread, one disk, one journal after another.
pub(super) struct World {
    pub(super) runtime: Runtime,
    pub(super) sim: Sim,
    pub(super) options: JournalOptions,
    /// What the commits are drawn from.
    pub(super) random: SeededRandom,
    /// The longest delta.
    pub(super) longest: u64,
    pub(super) sequence: u64,
}

impl World {
    pub(super) fn new(seed: u64, segment: u64) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sim = Sim::new(seed, Timestamp::from_millis(1_000_000), runtime.handle().clone());
        let options = JournalOptions {
            segment,
            largest: segment.saturating_mul(2),
            unsynced: segment,
            spare: segment.saturating_mul(2),
            prepare: Prepare::Reserve,
            ..JournalOptions::new([7; 16])
        };
        World { runtime, sim, options, random: SeededRandom::new(seed + 1), longest: 120, sequence: 0 }
    }

    /// Lets all tasks run until they wait.
    pub(super) fn settle(&self) {
        self.runtime.block_on(async {
            for _ in 0..16 {
                tokio::task::yield_now().await;
            }
        });
    }

    pub(super) fn recover(&self, from: LogPosition) -> Result<(Vec<Kept>, Replayed)> {
        let mut commits = Vec::new();
        let recovered = Journal::recover(&self.sim.env(), self.options.clone())?;
        let replayed = recovered.replay(from, &mut |commit, end| {
            commits.push(Kept::of(commit, end));
            Ok(())
        })?;
        Ok((commits, replayed))
    }

    /// Recovers and goes on.
    pub(super) fn open(&self, from: LogPosition) -> Result<(Vec<Kept>, Journal)> {
        let (commits, replayed) = self.recover(from)?;
        Ok((commits, Journal::start(replayed, from)?))
    }

    pub(super) fn append(&mut self, journal: &Journal) -> Result<Kept> {
        self.sequence += 1;
        let mut delta = vec![0; self.random.below(self.longest + 1) as usize];
        self.random.fill(&mut delta);
        let name = format!("object {}", self.random.below(1000));
        let mut commit = Commit {
            class: ClassTag(self.random.next_u64()),
            object: ObjectId([self.sequence as u8; 32]),
            sequence: self.sequence,
            pages: self.random.below(100) as u32,
            next_alarm: (self.random.below(3) == 0)
                .then(|| Timestamp::from_millis(self.random.next_u64() as i64 >> 20)),
            kind: CommitKind::Change,
            delta: &delta,
        };
        match self.random.below(6) {
            0 => commit.kind = CommitKind::Create { name: Some(&name), template: TemplateId([3; 16]) },
            1 => commit.kind = CommitKind::Create { name: None, template: TemplateId([4; 16]) },
            2 => (commit.kind, commit.delta) = (CommitKind::Delete, &[]),
            _ => {}
        }
        let end = journal.append(&commit)?;
        Ok(Kept::of(&commit, end))
    }

    /// Appends a change whose batch, alone, takes 250 bytes of the log.
    pub(super) fn append_250(&mut self, journal: &Journal) -> Kept {
        self.sequence += 1;
        let delta = [7; 250 - batch::HEAD - record::HEAD - 1 - 8 - 32 - 2 - 1];
        let commit = Commit {
            class: ClassTag(1),
            object: ObjectId([1; 32]),
            sequence: 1000 + self.sequence,
            pages: 1,
            next_alarm: None,
            kind: CommitKind::Change,
            delta: &delta,
        };
        let end = journal.append(&commit).unwrap();
        Kept::of(&commit, end)
    }

    /// Appends commits in groups of different sizes, each made durable.
    pub(super) fn append_groups(&mut self, journal: &Journal, groups: u64) -> Vec<Kept> {
        let mut commits = Vec::new();
        for _ in 0..groups {
            for _ in 0..=self.random.below(4) {
                commits.push(self.append(journal).unwrap());
            }
            self.settle();
        }
        commits
    }

    /// Goes on with the disk that is left.
    pub(super) fn on(&mut self, disk: Arc<SimDisk>) {
        self.sim = self.sim.with_disk(disk);
    }

    /// The segments with a part of the log and their content, in order of the log.
    pub(super) fn segments(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let first = |content: &[u8]| match segment::Header::read(content) {
            segment::HeaderBlock::Valid(header) => Some(header.first),
            _ => None,
        };
        let mut files = self.files();
        files.retain(|(_, content)| first(content).is_some());
        files.sort_by_key(|(_, content)| first(content));
        files
    }

    /// The files and their content, in order of their names.
    pub(super) fn files(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        use crate::env::Disk;
        let folder = &self.options.folder;
        let names = self.sim.disk.list(folder).unwrap();
        names.into_iter().map(|name| folder.join(name)).map(|path| (path.clone(), self.content(&path))).collect()
    }

    pub(super) fn content(&self, path: &Path) -> Vec<u8> {
        self.sim.disk.content(path).unwrap()
    }
}

/// What somebody who waits for a position is told now.
pub(super) fn outcome(journal: &Journal, position: LogPosition) -> Option<Result<(), Error>> {
    match journal.poll_durable(position, Waker::noop()) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

/// The commits after a position.
pub(super) fn after(commits: &[Kept], position: LogPosition) -> Vec<Kept> {
    commits.iter().filter(|commit| commit.end > position).cloned().collect()
}
