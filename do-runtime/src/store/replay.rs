//! Recovery: the commits since the last checkpoint, applied to the pages that the store has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::checkpoint::{Checkpointed, checkpoint};
use super::layer::Layer;
use super::page_store::{Changes, Head};
use super::partitions::SqlitePageStore;
use super::write_behind::WriteBehind;
use crate::error::{Error, ErrorKind, Result};
use crate::image::delta::{self, PagesMut};
use crate::image::{PAGE, Page};
use crate::journal::{Commit, CommitKind, LogPosition};
use crate::planted::{Defect, planted};
use crate::{ObjectId, Timestamp};

/// Pages that are kept in memory before they go to the store, in bytes.
const SPILL: usize = 64 << 20;

/// Replays the log of a node after a crash. Replaying again what was replayed changes nothing.
///
/// An object whose commits can't be applied, because its pages are damaged or its sequence has a gap, is set aside with
/// the reason: it answers that from then on, its part of the log is kept, and the others go on.
pub struct Replay<'a> {
    behind: &'a WriteBehind,
    store: &'a SqlitePageStore,
    now: Timestamp,
    /// The position after the last commit.
    at: LogPosition,
    objects: BTreeMap<ObjectId, Recovering>,
    bytes: usize,
    spill: usize,
}

/// An object as far as it is recovered.
struct Recovering {
    /// After the last commit; nothing before the first.
    head: Option<Head>,
    /// What the store has not got.
    layer: Option<Layer>,
    /// The object began in the layer: only its template is below.
    born: bool,
    /// What is counted of the layer's memory, in bytes.
    cost: usize,
}

impl<'a> Replay<'a> {
    /// From the last checkpoint on. `behind` stands before `store`; `now` is taken for the time of what happened since.
    pub fn new(behind: &'a WriteBehind, store: &'a SqlitePageStore, now: Timestamp) -> Self {
        let at = store.registry().checkpoint();
        Replay { behind, store, now, at, objects: BTreeMap::new(), bytes: 0, spill: SPILL }
    }

    /// The same with another bound for the pages in memory, in bytes.
    pub fn with_memory(self, bytes: usize) -> Self {
        Replay { spill: bytes, ..self }
    }

    /// Applies the next commit of the log; `position` is the one after it. An error means that nothing can be
    /// recovered at all; what is wrong with one object only is told at the end.
    pub fn apply(&mut self, commit: &Commit<'_>, position: LogPosition) -> Result<()> {
        let start = std::mem::replace(&mut self.at, position);
        // Before its pages are looked at, and of objects that can't be recovered too: they exist, and answer why.
        self.tell_registry(commit);
        if self.behind.is_held(commit.object) {
            return Ok(());
        }
        if let Err(error) = self.apply_to_object(commit, position, start) {
            self.set_aside(commit, start, error);
            return Ok(());
        }
        if self.bytes >= self.spill {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands over what was recovered, without writing anything: for one object of a node that runs.
    pub fn hand_over(mut self) {
        self.adopt();
    }

    /// Brings all of it to the store and makes a checkpoint there, durably.
    pub fn finish(mut self) -> Result<Checkpointed> {
        self.flush()?;
        self.behind.seal(self.at);
        checkpoint(self.behind, self.store, self.at, LogPosition(u64::MAX))
    }

    fn apply_to_object(&mut self, commit: &Commit<'_>, position: LogPosition, start: LogPosition) -> Result<()> {
        let object = commit.object;
        if !self.objects.contains_key(&object) {
            let head = self.behind.head(object)?;
            self.objects.insert(object, Recovering { head, layer: None, born: false, cost: 0 });
        }
        let Some(known) = self.objects.get_mut(&object) else {
            return Ok(());
        };
        if let Some(head) = known.head.as_ref().filter(|head| match planted(Defect::ReplayedTwice) {
            true => head.applied > position,
            false => head.applied >= position,
        }) {
            self.behind.put_written(vec![(object, head.clone())]);
            return Ok(());
        }
        check_sequence(known.head.as_ref(), commit)?;
        let head = next_head(known.head.as_ref(), commit, position, self.now);
        known.apply(self.behind, commit, head, start)?;
        let before = std::mem::replace(&mut known.cost, known.layer.as_ref().map_or(0, Layer::cost));
        self.bytes = self.bytes - before + known.cost;
        Ok(())
    }

    /// Skipped commits too: the registry may be older than the heads.
    fn tell_registry(&self, commit: &Commit<'_>) {
        let registry = self.store.registry();
        match commit.kind {
            CommitKind::Create { name, .. } => {
                registry.note_created(commit.class, commit.object, name.map(Arc::from), self.now);
            }
            CommitKind::Delete => registry.note_deleted(commit.class, commit.object),
            CommitKind::Change => {}
        }
        registry.note_alarm(commit.class, commit.object, commit.next_alarm, self.at);
    }

    fn set_aside(&mut self, commit: &Commit<'_>, start: LogPosition, error: Error) {
        let object = commit.object;
        let known = self.objects.remove(&object);
        self.bytes -= known.as_ref().map_or(0, |known| known.cost);
        let since = known.and_then(|known| known.layer).map_or(start, |layer| layer.since);
        let error = match error.kind() {
            ErrorKind::Storage => error,
            _ => error.context(format!("object {object} can't be recovered")),
        };
        let registry = self.store.registry();
        let class = registry.classes().get(&commit.class).cloned();
        // Its head may be what is damaged.
        let name = registry.name_of(object).unwrap_or_default();
        tracing::error!(class = class.as_deref(), name = name.as_deref(), id = %object, %error, "an object can't be recovered");
        self.behind.hold(object, since, error);
    }

    fn adopt(&mut self) {
        for (object, known) in std::mem::take(&mut self.objects) {
            if let Some(layer) = known.layer {
                self.behind.adopt(object, layer);
            }
        }
        self.bytes = 0;
    }

    fn flush(&mut self) -> Result<()> {
        self.adopt();
        self.behind.flush(LogPosition(u64::MAX))?;
        Ok(())
    }
}

impl Recovering {
    fn apply(&mut self, behind: &WriteBehind, commit: &Commit<'_>, head: Head, start: LogPosition) -> Result<()> {
        let object = commit.object;
        // The pages as the commit before left them, which is what the delta is about.
        let size = match commit.kind {
            CommitKind::Create { template, .. } => {
                let buried = self.layer.take();
                let since = buried.as_ref().map_or(start, |layer| layer.since);
                let pages = behind.template(template)?.len() as u32;
                let born = Head { pages, ..head.clone() };
                let mut layer = Layer::new(Changes { object, head: born, pages: Vec::new() }, since);
                layer.buried = buried.map(|layer| layer.head).or_else(|| self.head.clone());
                self.layer = Some(layer);
                self.born = true;
                pages
            }
            CommitKind::Change | CommitKind::Delete => self.head.as_ref().map_or(0, |head| head.pages),
        };
        let layer = self.layer.get_or_insert_with(|| {
            let before = Head { pages: size, ..head.clone() };
            Layer::new(Changes { object, head: before, pages: Vec::new() }, start)
        });
        if head.deleted {
            layer.bury(head.clone());
        } else {
            // New pages are written by the delta or zero; a shrinking database is cut afterwards.
            let mut target = Target { behind, object, layer, size, born: self.born };
            delta::apply(commit.delta, commit.pages, &mut target)?;
            layer.advance(head.clone());
        }
        self.head = Some(head);
        Ok(())
    }
}

/// The pages of an object that is being recovered.
struct Target<'a> {
    behind: &'a WriteBehind,
    object: ObjectId,
    layer: &'a mut Layer,
    /// Before the commit.
    size: u32,
    born: bool,
}

impl PagesMut for Target<'_> {
    fn page_mut(&mut self, number: u32) -> Result<&mut Page> {
        if !self.layer.pages.contains_key(&number) {
            let page = self.below(number)?;
            self.layer.pages.insert(number, page);
        }
        match self.layer.pages.get_mut(&number) {
            Some(page) => Ok(Arc::make_mut(page)),
            None => Err(Error::new(ErrorKind::Internal, "a page vanished while it was recovered")),
        }
    }
}

impl Target<'_> {
    fn below(&self, number: u32) -> Result<Arc<Page>> {
        let mut below = None;
        if number < self.size.min(self.layer.cut) {
            match (self.born, self.layer.head.template) {
                (true, None) => {}
                (true, Some(template)) => below = self.behind.template(template)?.get(number as usize).cloned(),
                (false, _) => self.behind.read(self.object, number, number + 1, &mut |_, page| below = Some(page))?,
            }
        }
        Ok(below.unwrap_or_else(|| Arc::new([0; PAGE])))
    }
}

/// The head after a commit.
fn next_head(known: Option<&Head>, commit: &Commit<'_>, position: LogPosition, now: Timestamp) -> Head {
    let (name, template) = match commit.kind {
        CommitKind::Create { name, template } => (name.map(Arc::from), Some(template)),
        CommitKind::Change | CommitKind::Delete => {
            known.map_or((None, None), |head| (head.name.clone(), head.template))
        }
    };
    Head {
        class: commit.class,
        name,
        sequence: commit.sequence,
        applied: position,
        pages: commit.pages,
        template,
        next_alarm: commit.next_alarm,
        last_used: now,
        deleted: commit.kind == CommitKind::Delete,
    }
}

/// A gap means that an acknowledged commit is lost, in the log or in the store.
fn check_sequence(known: Option<&Head>, commit: &Commit<'_>) -> Result<()> {
    let alive = known.filter(|head| !head.deleted);
    let expected = alive.map_or(1, |head| head.sequence + 1);
    let is_creation = matches!(commit.kind, CommitKind::Create { .. });
    match commit.sequence == expected && is_creation == alive.is_none() {
        true => Ok(()),
        false => Err(gap(commit.object, expected, commit.sequence)),
    }
}

fn gap(object: ObjectId, expected: u64, found: u64) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!(
            "object {object} has lost commits: the store and the log lead up to commit {expected}, and the log goes on \
             with commit {found}; restore it from a backup"
        ),
    )
}
