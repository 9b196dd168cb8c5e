//! The 64 partitions of a folder as a [`PageStore`], with the registry beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::location::Location;
use super::page_store::{Changes, Head, PageStore};
use super::partition::{self, Partition};
use super::rebuild;
use super::registry::Registry;
use super::template_code::Template;
use super::trouble::Trouble;
use crate::ObjectId;
use crate::env::Random;
use crate::error::{Error, ErrorKind, Result};
use crate::image::Page;
use crate::journal::{LogPosition, TemplateId};
use crate::sync::{Mutex, RwLock};

/// How many there are. It is part of the format.
pub(super) const PARTITIONS: u8 = 64;

/// Pages that are read while a partition is held: 1 MiB.
const READ_PAGES: u32 = 256;

const REMEDY: &str = "its objects answer this, the others go on, and nothing in it is changed; put the file back from a \
                      backup and open the folder again";

/// Pages in SQLite files: `pages/00.db` to `pages/3f.db` beside `registry.db`, each opened when it is first needed.
///
/// A read waits for a write to the same partition, which is one transaction, but for no other.
pub struct SqlitePageStore {
    location: Location,
    registry: Arc<Registry>,
    slots: Vec<Mutex<Slot>>,
    templates: RwLock<BTreeMap<TemplateId, Template>>,
}

enum Slot {
    /// Not needed yet, or not there yet.
    Closed,
    Open(Box<Partition>),
    /// Left alone until the folder is opened anew.
    Lost {
        error: Error,
        unfolded: bool,
    },
}

/// Whether a partition is wanted that does not exist yet.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Existing,
    Any,
}

impl SqlitePageStore {
    /// Opens the store of a folder, or makes it; the folder itself exists. `random` draws the id of a new folder.
    ///
    /// A registry that is missing is rebuilt from the partitions. One that is damaged, or of a newer format than this
    /// program knows, is refused with its path and what can be done, and nothing is changed. Partitions
    /// are opened when they are needed.
    pub fn open(location: Location, random: &dyn Random) -> Result<Self> {
        let registry = match Registry::open(&location)? {
            Some(registry) => registry,
            None => rebuild::create(&location, random)?,
        };
        let slots = (0..PARTITIONS).map(|_| Mutex::new(Slot::Closed)).collect();
        let store = SqlitePageStore { location, registry: Arc::new(registry), slots, templates: RwLock::default() };
        rebuild::list_partitions(&store)?;
        let mut templates = BTreeMap::new();
        for (id, pages) in store.registry.templates()? {
            if let Some(pages) = pages.or_else(|| store.copy_of_template(id)) {
                templates.insert(id, pages);
            }
        }
        *store.templates.write() = templates;
        Ok(store)
    }

    /// The registry of the folder.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Brings what the partitions wrote ahead of themselves into their files, durably. The errors are of those of which
    /// that can't be said; what they were given since they were last folded must stay in the log.
    pub(super) fn fold(&self) -> Vec<Error> {
        let mut errors = Vec::new();
        for number in 0..PARTITIONS {
            let mut slot = self.slots[usize::from(number)].lock();
            match &*slot {
                Slot::Closed => continue,
                Slot::Lost { error, unfolded: true } => {
                    errors.push(error.clone());
                    continue;
                }
                Slot::Lost { unfolded: false, .. } => continue,
                Slot::Open(partition) if !partition.unfolded => continue,
                Slot::Open(_) => {}
            }
            if let Err(error) = self.ask(number, &mut slot, Partition::fold) {
                errors.push(error);
            }
        }
        errors
    }

    /// Asks a partition; nothing if it does not exist and is not wanted then.
    pub(super) fn existing<T>(
        &self,
        number: u8,
        ask: impl FnOnce(&mut Partition) -> Result<T, Trouble>,
    ) -> Result<Option<T>> {
        let mut slot = self.slots[usize::from(number)].lock();
        match self.open_slot(number, &mut slot, Want::Existing)? {
            true => self.ask(number, &mut slot, ask).map(Some),
            false => Ok(None),
        }
    }

    /// Asks a partition, and makes it first if it does not exist.
    fn made<T>(&self, number: u8, ask: impl FnOnce(&mut Partition) -> Result<T, Trouble>) -> Result<T> {
        let mut slot = self.slots[usize::from(number)].lock();
        self.open_slot(number, &mut slot, Want::Any)?;
        self.ask(number, &mut slot, ask)
    }

    fn ask<T>(&self, number: u8, slot: &mut Slot, ask: impl FnOnce(&mut Partition) -> Result<T, Trouble>) -> Result<T> {
        let partition = match slot {
            Slot::Open(partition) => partition,
            Slot::Lost { error, .. } => return Err(error.clone()),
            Slot::Closed => {
                return Err(Error::new(ErrorKind::Internal, "a partition was asked before it was opened"));
            }
        };
        let unfolded = partition.unfolded;
        ask(partition).map_err(|trouble| self.troubled(number, slot, trouble, unfolded))
    }

    fn troubled(&self, number: u8, slot: &mut Slot, trouble: Trouble, unfolded: bool) -> Error {
        let lasting = trouble.is_lasting();
        let error = trouble.into_error(&self.location.describe(&partition::file_name(number)), REMEDY);
        if lasting {
            tracing::error!(%error, "a partition of the page store is lost");
            *slot = Slot::Lost { error: error.clone(), unfolded };
        }
        error
    }

    /// Whether the slot is open now.
    fn open_slot(&self, number: u8, slot: &mut Slot, want: Want) -> Result<bool> {
        match slot {
            Slot::Open(_) => return Ok(true),
            Slot::Lost { error, .. } => return Err(error.clone()),
            Slot::Closed => {}
        }
        let known = self.registry.has_partition(number);
        let opened = Partition::open(&self.location, number, &self.registry.folder()).and_then(|opened| match opened {
            Some(partition) => Ok(Some(partition)),
            None if known => Err(Trouble::File("is missing or empty, although objects rest in it".into())),
            None if want == Want::Existing => Ok(None),
            None => Partition::create(&self.location, number, &self.registry.folder()).map(Some),
        });
        // What the log holds since the last checkpoint covers what a lost write-ahead file held.
        let opened = opened.map_err(|trouble| self.troubled(number, slot, trouble, false))?;
        let Some(partition) = opened else {
            return Ok(false);
        };
        if !known {
            self.registry.add_partition(number)?;
        }
        *slot = Slot::Open(Box::new(partition));
        Ok(true)
    }

    /// The copy of a template in its second place.
    fn copy_of_template(&self, id: TemplateId) -> Option<Template> {
        let copies = self.existing(home(id), |partition| partition.templates()).ok()??;
        copies.into_iter().find(|(of, _)| *of == id).map(|(_, pages)| pages)
    }
}

/// The partition that an object's pages are in.
pub(super) fn number_of(object: ObjectId) -> u8 {
    object.as_bytes()[0] >> 2
}

/// The partition that keeps the copy of a template.
fn home(id: TemplateId) -> u8 {
    id.0[0] >> 2
}

impl PageStore for SqlitePageStore {
    fn head(&self, object: ObjectId) -> Result<Option<Head>> {
        let row = self.existing(number_of(object), |partition| partition.head(object))?.flatten();
        if row.is_none() && self.registry.lists(object)? {
            let path = self.location.describe(&partition::file_name(number_of(object)));
            let message = format!(
                "object {object} is missing in `{}`, although the registry knows it; restore it, or the file, from a backup",
                path.display()
            );
            return Err(Error::new(ErrorKind::Storage, message));
        }
        Ok(row.map(|row| row.head))
    }

    fn read(&self, object: ObjectId, from: u32, to: u32, each: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        let mut next = Some(from);
        while let Some(from) = next.take() {
            let read = self.existing(number_of(object), |partition| partition.read(object, from, to, READ_PAGES))?;
            let Some((pages, rest)) = read else { break };
            next = rest;
            // The partition is free again: `each` may take its time.
            pages.into_iter().for_each(|(number, page)| each(number, page));
        }
        Ok(())
    }

    fn write(&self, changes: &[Changes]) -> Result<Vec<(ObjectId, Error)>> {
        let mut groups: BTreeMap<u8, Vec<&Changes>> = BTreeMap::new();
        for changes in changes {
            groups.entry(number_of(changes.object)).or_default().push(changes);
        }
        let names = self.registry.classes();
        let templates = self.templates.read().clone();
        let mut failed = Vec::new();
        for (number, mut group) in groups {
            // Those of one object side by side, in the order given.
            group.sort_by_key(|changes| changes.object);
            match self.made(number, |partition| partition.write(&group, &templates, &names)) {
                Ok(refused) => failed.extend(refused),
                Err(error) => {
                    let objects: BTreeSet<ObjectId> = group.iter().map(|changes| changes.object).collect();
                    failed.extend(objects.into_iter().map(|object| (object, error.clone())));
                }
            }
        }
        Ok(failed)
    }

    fn template(&self, id: TemplateId) -> Result<Option<Template>> {
        Ok(self.templates.read().get(&id).cloned())
    }

    fn put_template(&self, id: TemplateId, pages: &[Arc<Page>]) -> Result<()> {
        if self.templates.read().contains_key(&id) {
            return Ok(());
        }
        self.registry.put_template(id, pages)?;
        // The second copy is what a rebuilt registry finds it by.
        if let Err(error) = self.made(home(id), |partition| {
            partition.put_template(id, pages)?;
            partition.fold()
        }) {
            tracing::warn!(%error, "a template has no second copy");
        }
        self.templates.write().insert(id, pages.into());
        Ok(())
    }

    fn purge(&self, position: LogPosition) -> Result<()> {
        let mut outcome = Ok(());
        for number in 0..PARTITIONS {
            let mut slot = self.slots[usize::from(number)].lock();
            if matches!(&*slot, Slot::Open(partition) if partition.tombstones) {
                let purged = self.ask(number, &mut slot, |partition| partition.purge(position));
                outcome = outcome.and(purged);
            }
        }
        outcome
    }
}

impl std::fmt::Debug for SqlitePageStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqlitePageStore").field("registry", &self.registry).finish_non_exhaustive()
    }
}
