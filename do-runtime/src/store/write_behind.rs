//! What objects handed over and the store has not got yet: put together, answered from, and written once durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::layer::Layer;
use super::page_store::{Changes, Head, PageStore};
use super::partition::unknown_template;
use crate::ObjectId;
use crate::error::{Error, Result};
use crate::image::{PAGE, Page};
use crate::journal::{LogPosition, TemplateId};
use crate::sync::Mutex;

/// Bytes of pages that are given to the store at once, unless one object has more.
const BATCH: usize = 4 << 20;

/// What a flush did.
#[derive(Debug, Default)]
pub struct Flushed {
    /// Objects whose pages reached the store.
    pub objects: usize,
    /// Objects that the store could not keep: they stay here, and with them the log since then.
    pub failed: Vec<(ObjectId, Error)>,
}

/// The states that objects hand over between handlers, on their way to the store.
///
/// Only what is durable in the log is written. Reads are answered from here first, so that an object can be woken
/// again before its pages reached the store, and never wait for a running flush, save for the store's own locks.
pub struct WriteBehind {
    store: Arc<dyn PageStore>,
    pending: Mutex<Pending>,
    /// Held by whoever moves layers to the store.
    flushing: Mutex<()>,
}

#[derive(Default)]
struct Pending {
    entries: BTreeMap<ObjectId, Entry>,
    bytes: usize,
    /// The log holds from here on all that is handed over from now on.
    floor: LogPosition,
    /// What the store got since the registry was last told.
    written: BTreeMap<ObjectId, Head>,
    /// Objects whose commits could not be recovered, and since where they are in the log.
    held: BTreeMap<ObjectId, (LogPosition, Error)>,
}

#[derive(Default)]
struct Entry {
    /// Goes to the store as it is.
    sealed: Option<Arc<Layer>>,
    /// What came after; over `sealed`.
    fresh: Option<Layer>,
    /// Why the store could not keep it.
    failure: Option<Error>,
}

/// What lies below the layers of an object.
enum Below {
    Store { under: Option<TemplateId> },
    Template(Option<TemplateId>),
}

impl WriteBehind {
    /// In front of a store, after a checkpoint at `checkpoint`: no commit before it is handed over any more.
    pub fn new(store: Arc<dyn PageStore>, checkpoint: LogPosition) -> Self {
        let pending = Pending { floor: checkpoint, ..Pending::default() };
        WriteBehind { store, pending: Mutex::new(pending), flushing: Mutex::default() }
    }

    /// Takes the state of an object after a commit. Touches no disk.
    ///
    /// States of one object come in the order of its commits; a deletion is handed over before the state of what
    /// begins under the same id afterwards. A page that was cut off and came back since the last state is among the
    /// changes even if it is zero.
    pub fn put(&self, changes: Changes) {
        let mut pending = self.pending.lock();
        let since = pending.floor;
        pending.put(changes, since);
    }

    /// Takes what recovery put together.
    pub(super) fn adopt(&self, object: ObjectId, layer: Layer) {
        let mut pending = self.pending.lock();
        let since = layer.since;
        for changes in layer.into_changes(object) {
            pending.put(changes, since);
        }
    }

    /// What is known of an object, tombstones included.
    pub fn head(&self, object: ObjectId) -> Result<Option<Head>> {
        {
            let pending = self.pending.lock();
            pending.refuse_held(object)?;
            if let Some(entry) = pending.entries.get(&object) {
                let top = entry.fresh.as_ref().or(entry.sealed.as_deref());
                if let Some(layer) = top {
                    return Ok(Some(layer.head.clone()));
                }
            }
        }
        self.store.head(object)
    }

    /// Calls `each` with those of the pages `from..to` (numbers from 0) of an object that are known, in order: from what
    /// is pending, else from the store, else from the object's template. Pages that are left out are zero.
    pub fn read(&self, object: ObjectId, from: u32, to: u32, each: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        let mut found: BTreeMap<u32, Arc<Page>> = BTreeMap::new();
        // Pages from here on are not taken from below; and what is below.
        let mut cut = to;
        let mut below = Below::Store { under: None };
        {
            let pending = self.pending.lock();
            pending.refuse_held(object)?;
            let entry = pending.entries.get(&object);
            let layers = entry.into_iter().flat_map(|entry| [entry.fresh.as_ref(), entry.sealed.as_deref()]);
            for layer in layers.flatten() {
                if layer.head.deleted {
                    if let Below::Store { under } = below {
                        below = Below::Template(under);
                    }
                    break;
                }
                if from < cut {
                    for (number, page) in layer.pages.range(from..cut) {
                        found.entry(*number).or_insert_with(|| page.clone());
                    }
                }
                cut = cut.min(layer.cut);
                if layer.is_whole() {
                    below = Below::Template(layer.head.template);
                    break;
                }
                below = Below::Store { under: layer.head.template };
            }
        }
        let template = match below {
            Below::Template(template) => template,
            Below::Store { under } => match self.store.head(object)? {
                Some(head) if !head.deleted => {
                    self.store.read(object, from, cut, &mut |number, page| {
                        found.entry(number).or_insert(page);
                    })?;
                    cut = cut.min(head.pages);
                    head.template
                }
                _ => under,
            },
        };
        if let Some(id) = template
            && from < cut
        {
            let pages = self.store.template(id)?.ok_or_else(|| unknown_template(id))?;
            for (number, page) in (0..cut).zip(pages.iter()).skip(from as usize) {
                found.entry(number).or_insert_with(|| page.clone());
            }
        }
        found.into_iter().for_each(|(number, page)| each(number, page));
        Ok(())
    }

    /// What an object began as.
    pub(super) fn template(&self, id: TemplateId) -> Result<Arc<[Arc<Page>]>> {
        self.store.template(id)?.ok_or_else(|| unknown_template(id))
    }

    /// Writes all that is durable in the log to the store, in bounded transactions. What the store can't keep stays here
    /// and is tried again the next time. An error is the store's as a whole.
    pub fn flush(&self, durable: LogPosition) -> Result<Flushed> {
        let _only = self.flushing.lock();
        let mut flushed = Flushed::default();
        let mut failed = BTreeSet::new();
        loop {
            let due = self.pending.lock().due(durable, &failed);
            if due.is_empty() {
                return Ok(flushed);
            }
            let mut due = due.into_iter().peekable();
            while due.peek().is_some() {
                let (mut batch, mut changes, mut bytes) = (Vec::new(), Vec::new(), 0);
                while bytes < BATCH
                    && let Some((object, layer)) = due.next()
                {
                    bytes += layer.pages.len() * PAGE;
                    changes.extend(Layer::clone(&layer).into_changes(object));
                    batch.push((object, layer));
                }
                let refused: BTreeMap<ObjectId, Error> = self.store.write(&changes)?.into_iter().collect();
                failed.extend(refused.keys().copied());
                flushed.objects += batch.len() - refused.len();
                self.pending.lock().written(batch, &refused);
                flushed.failed.extend(refused);
            }
        }
    }

    /// Every object with commits before `start` has handed over its state. What is pending is set apart to be written as
    /// it is, so that objects that never rest do not hold up a checkpoint.
    ///
    /// The answer is the position that must be durable for all of it to be written.
    pub fn seal(&self, start: LogPosition) -> LogPosition {
        let _only = self.flushing.lock();
        let mut pending = self.pending.lock();
        let mut bytes = 0;
        let mut needed = LogPosition(0);
        for (object, entry) in &mut pending.entries {
            if let Some(fresh) = entry.fresh.take() {
                entry.sealed = Some(match entry.sealed.take() {
                    None => Arc::new(fresh),
                    Some(sealed) => {
                        let mut layer = Arc::unwrap_or_clone(sealed);
                        layer.absorb_layer(*object, fresh);
                        Arc::new(layer)
                    }
                });
            }
            if let Some(sealed) = &entry.sealed {
                bytes += sealed.cost();
                needed = needed.max(sealed.head.applied);
            }
        }
        pending.bytes = bytes;
        pending.floor = pending.floor.max(start);
        needed
    }

    /// An object whose commits since `since` can't be recovered: it answers this, and its part of the log stays.
    pub(super) fn hold(&self, object: ObjectId, since: LogPosition, error: Error) {
        self.pending.lock().held.entry(object).or_insert((since, error));
    }

    pub(super) fn is_held(&self, object: ObjectId) -> bool {
        self.pending.lock().held.contains_key(&object)
    }

    /// The memory that is taken by what is pending, in bytes.
    pub fn bytes(&self) -> u64 {
        self.pending.lock().bytes as u64
    }

    /// The objects that hold up the log, and why: the store could not keep them, or they could not be recovered.
    pub fn failures(&self) -> Vec<(ObjectId, Error)> {
        let pending = self.pending.lock();
        let failed = pending.entries.iter().filter_map(|(id, entry)| Some((*id, entry.failure.clone()?)));
        let held = pending.held.iter().map(|(id, (_, error))| (*id, error.clone()));
        failed.chain(held).collect()
    }

    /// The log is needed from here on for what is pending or held; nothing if nothing is.
    pub(super) fn needed(&self) -> Option<LogPosition> {
        let pending = self.pending.lock();
        let layers = pending.entries.values().flat_map(|entry| [entry.sealed.as_deref(), entry.fresh.as_ref()]);
        let held = pending.held.values().map(|(since, _)| *since);
        layers.flatten().map(|layer| layer.since).chain(held).min()
    }

    /// The heads that the store got since this was last asked.
    pub(super) fn take_written(&self) -> Vec<(ObjectId, Head)> {
        std::mem::take(&mut self.pending.lock().written).into_iter().collect()
    }

    /// Has heads told again: the registry did not get them.
    pub(super) fn put_written(&self, heads: Vec<(ObjectId, Head)>) {
        let mut pending = self.pending.lock();
        for (object, head) in heads {
            pending.written.entry(object).or_insert(head);
        }
    }
}

impl Pending {
    fn put(&mut self, changes: Changes, since: LogPosition) {
        let entry = self.entries.entry(changes.object).or_default();
        match &mut entry.fresh {
            None => {
                let layer = Layer::new(changes, since);
                self.bytes += layer.cost();
                entry.fresh = Some(layer);
            }
            Some(layer) => {
                let before = layer.cost();
                layer.absorb(changes);
                self.bytes = self.bytes - before + layer.cost();
            }
        }
    }

    fn refuse_held(&self, object: ObjectId) -> Result<()> {
        match self.held.get(&object) {
            Some((_, error)) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Seals what is durable and gives it, but for what failed just now.
    fn due(&mut self, durable: LogPosition, failed: &BTreeSet<ObjectId>) -> Vec<(ObjectId, Arc<Layer>)> {
        let mut due = Vec::new();
        for (object, entry) in &mut self.entries {
            if failed.contains(object) {
                continue;
            }
            if entry.sealed.is_none() {
                entry.sealed = entry.fresh.take_if(|fresh| fresh.head.applied <= durable).map(Arc::new);
            }
            due.extend(
                entry.sealed.clone().filter(|layer| layer.head.applied <= durable).map(|layer| (*object, layer)),
            );
        }
        due
    }

    fn written(&mut self, batch: Vec<(ObjectId, Arc<Layer>)>, refused: &BTreeMap<ObjectId, Error>) {
        for (object, layer) in batch {
            let Some(entry) = self.entries.get_mut(&object) else {
                continue;
            };
            entry.failure = refused.get(&object).cloned();
            if entry.failure.is_some() {
                continue;
            }
            entry.sealed = None;
            if entry.fresh.is_none() {
                self.entries.remove(&object);
            }
            self.bytes = self.bytes.saturating_sub(layer.cost());
            self.written.insert(object, layer.head.clone());
        }
    }
}

impl std::fmt::Debug for WriteBehind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WriteBehind").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}
