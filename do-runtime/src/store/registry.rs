//! The objects of a node by class, name, id and alarm: listing and counting them wakes none.
//!
//! The tables are as of the last checkpoint; what was created and deleted since lies over them, so that listings
//! are right at once. Everything in the file follows from the heads in the partitions, and it is rebuilt from them
//! if it is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::file::{self, FolderId, Found, Kind};
use super::location::Location;
use super::meta;
use super::overlay::{Again, Fate, Overlay};
use super::page_store::Head;
use super::template_code::{self, Template};
use super::trouble::Trouble;
use super::wakes::WakeQueue;
use crate::error::{Error, Result};
use crate::image::{PAGE, Page};
use crate::journal::{ClassTag, LogPosition, Reached, TemplateId};
use crate::planted::{Defect, planted};
use crate::sync::{Mutex, RwLock};
use crate::{ObjectId, Timestamp};

/// The name of the file, relative to the folder.
pub(super) const FILE: &str = "registry.db";

const KIND: Kind = Kind {
    application: 0x646f_7267,
    noun: "registry",
    format: 2,
    summed_since: Some(2),
    schema: "
        CREATE TABLE partitions (number INTEGER PRIMARY KEY, listed INTEGER NOT NULL) STRICT;
        CREATE TABLE classes (tag INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE objects (
            id         BLOB PRIMARY KEY,
            class      INTEGER NOT NULL,
            name       TEXT,
            created    INTEGER NOT NULL,
            last_used  INTEGER NOT NULL,
            bytes      INTEGER NOT NULL,
            next_alarm INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX objects_listing ON objects (class, name, id);
        CREATE INDEX objects_alarms ON objects (class, next_alarm, id) WHERE next_alarm IS NOT NULL;",
    touch:
        "SELECT (SELECT 1 FROM partitions LIMIT 1), (SELECT 1 FROM classes LIMIT 1), (SELECT 1 FROM objects LIMIT 1),
                   (SELECT 1 FROM templates LIMIT 1), (SELECT 1 FROM meta LIMIT 1)",
};

const FOLDER: &str = "folder";
const CREATED_BY: &str = "created_by";
const CHECKPOINT: &str = "checkpoint";
/// How far the log has certainly come: its epoch and position.
const JOURNAL: &str = "journal";

/// Whether the registry was made for partitions that were there already, and no checkpoint has been made since: then it
/// doesn't know from where on the log is needed.
const REBUILT: &str = "rebuilt";

/// Objects that are written to the tables at once, so that a listing never waits for long.
const BATCH: usize = 1_000;

const REMEDY: &str = "move it away and open the folder again: the registry is rebuilt from the partitions";

/// How much a class holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// How many objects exist.
    pub objects: u64,
    /// The size of their databases in bytes, as of the last checkpoint.
    pub bytes: u64,
}

/// The registry of a node.
pub struct Registry {
    connection: Mutex<Connection>,
    pub(super) overlay: Mutex<Overlay>,
    pub(super) wakes: Mutex<WakeQueue>,
    path: PathBuf,
    folder: FolderId,
    classes: RwLock<BTreeMap<ClassTag, Arc<str>>>,
    /// The partitions that hold objects.
    partitions: RwLock<BTreeSet<u8>>,
    checkpoint: Mutex<LogPosition>,
}

impl Registry {
    /// Opens the registry of a folder; nothing if it has none.
    pub(super) fn open(location: &Location) -> Result<Option<Self>> {
        let path = location.describe(FILE);
        let opened = file::open(location, FILE, &KIND).and_then(|found| match found {
            Found::Nothing | Found::Empty => Ok(None),
            Found::Ready(connection) => Self::ready(path.clone(), connection).map(Some),
        });
        opened.map_err(|trouble| trouble.into_error(&path, REMEDY))
    }

    /// Makes the registry of a folder. `partitions` hold objects already, and are to be listed.
    pub(super) fn create(
        location: &Location,
        folder: FolderId,
        partitions: &[u8],
        checkpoint: LogPosition,
    ) -> Result<Self> {
        let path = location.describe(FILE);
        let created = file::create(location, FILE, &KIND, |connection| {
            connection.execute_batch(template_code::SCHEMA)?;
            connection.execute_batch(meta::SCHEMA)?;
            meta::put(connection, FOLDER, &folder.0)?;
            meta::put(connection, CREATED_BY, concat!("do-runtime ", env!("CARGO_PKG_VERSION")).as_bytes())?;
            meta::put_number(connection, CHECKPOINT, checkpoint.0)?;
            meta::put_number(connection, REBUILT, u64::from(!partitions.is_empty()))?;
            for number in partitions {
                connection.execute("INSERT INTO partitions VALUES (?1, 0)", [number])?;
            }
            Ok(())
        });
        let registry = created.and_then(|connection| Self::ready(path.clone(), connection));
        let registry = registry.map_err(|trouble| trouble.into_error(&path, REMEDY))?;
        location.sync_folder("")?;
        Ok(registry)
    }

    fn ready(path: PathBuf, connection: Connection) -> Result<Self, Trouble> {
        let folder = meta::get(&connection, FOLDER)?.and_then(|id| id.try_into().ok()).map(FolderId);
        let folder = folder.ok_or_else(|| Trouble::File("doesn't say which folder it belongs to".into()))?;
        let checkpoint = meta::get_number(&connection, CHECKPOINT)?;
        let checkpoint = checkpoint.ok_or_else(|| Trouble::File("has lost the position of its checkpoint".into()))?;
        let classes = connection
            .prepare("SELECT tag, name FROM classes")?
            .query_map([], |row| Ok((ClassTag(row.get::<_, i64>(0)? as u64), row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let partitions = connection
            .prepare("SELECT number FROM partitions")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Registry {
            connection: Mutex::new(connection),
            overlay: Mutex::default(),
            wakes: Mutex::default(),
            path,
            folder,
            classes: RwLock::new(classes),
            partitions: RwLock::new(partitions),
            checkpoint: Mutex::new(LogPosition(checkpoint)),
        })
    }

    /// Makes a class known by its tag and stored name, durably. Refused if another class has this tag.
    pub fn register_class(&self, tag: ClassTag, name: &str) -> Result<()> {
        let mut classes = self.classes.write();
        match classes.get(&tag) {
            Some(known) if **known == *name => return Ok(()),
            Some(known) => {
                return Err(Error::invalid(format!(
                    "the classes `{known}` and `{name}` have the same tag {:016x}: give one of them another stored name",
                    tag.0
                )));
            }
            None => {}
        }
        self.with(|connection| {
            connection.execute("INSERT OR REPLACE INTO classes VALUES (?1, ?2)", params![tag.0 as i64, name])?;
            Ok(())
        })?;
        classes.insert(tag, name.into());
        Ok(())
    }

    /// The classes that the folder has seen: tag and stored name.
    pub fn classes(&self) -> BTreeMap<ClassTag, Arc<str>> {
        self.classes.read().clone()
    }

    /// The log position of the last checkpoint: what was committed before it is in the store, and the log is read back
    /// from here.
    pub fn checkpoint(&self) -> LogPosition {
        *self.checkpoint.lock()
    }

    /// Whether it was rebuilt, and the last checkpoint may have been later than [`Registry::checkpoint`] says.
    pub fn is_rebuilt(&self) -> Result<bool> {
        Ok(self.with(|connection| meta::get_number(connection, REBUILT))?.is_some_and(|rebuilt| rebuilt != 0))
    }

    /// How far the log had come when that was last kept; nothing in a registry that was made anew.
    pub fn journal(&self) -> Result<Reached> {
        let kept = self.with(|connection| meta::get(connection, JOURNAL))?;
        let numbers = kept.as_deref().and_then(|kept| Some((kept.first_chunk::<8>()?, kept.last_chunk::<8>()?)));
        Ok(numbers.map_or(Reached::default(), |(epoch, position)| Reached {
            epoch: u64::from_le_bytes(*epoch),
            position: LogPosition(u64::from_le_bytes(*position)),
        }))
    }

    /// Keeps how far the log has come, durably: one that is found shorter has lost its end.
    pub fn set_journal(&self, reached: Reached) -> Result<()> {
        let mut kept = [0; 16];
        kept[..8].copy_from_slice(&reached.epoch.to_le_bytes());
        kept[8..].copy_from_slice(&reached.position.0.to_le_bytes());
        self.with(|connection| {
            meta::put(connection, JOURNAL, &kept)?;
            file::fold(connection)
        })
    }

    /// Keeps the log position of a checkpoint, durably, so that even a damaged write-ahead file cannot take it back.
    pub(super) fn set_checkpoint(&self, position: LogPosition) -> Result<()> {
        self.with(|connection| {
            meta::put_number(connection, CHECKPOINT, position.0)?;
            meta::put_number(connection, REBUILT, 0)?;
            file::fold(connection)
        })?;
        *self.checkpoint.lock() = position;
        Ok(())
    }

    /// An object's first write was committed. Listings show it from now on.
    pub fn note_created(&self, class: ClassTag, id: ObjectId, name: Option<Arc<str>>, at: Timestamp) {
        self.overlay.lock().create(id, class, name, at);
    }

    /// An object's deletion was committed.
    pub fn note_deleted(&self, class: ClassTag, id: ObjectId) {
        self.overlay.lock().delete(id, class);
    }

    /// Brings the tables up to the heads that the store has, and what lay over them for these objects away.
    pub(super) fn settle(&self, heads: &[(ObjectId, Head)]) -> Result<()> {
        for batch in heads.chunks(BATCH) {
            let connection = self.connection.lock();
            let fates: Vec<Option<Fate>> = {
                let overlay = self.overlay.lock();
                batch.iter().map(|(id, _)| overlay.fate(*id).cloned()).collect()
            };
            self.told(Self::write(&connection, batch, &fates))?;
            self.wakes.lock().settled(batch.iter().map(|(id, head)| (*id, head.applied)));
            let mut overlay = self.overlay.lock();
            for ((id, head), before) in batch.iter().zip(fates) {
                // What was noted meanwhile is newer than this head.
                let settled = match &before {
                    Some(Fate::Created { .. }) => !head.deleted,
                    Some(Fate::Deleted { .. }) => head.deleted,
                    None => false,
                };
                let is_newest = overlay.fate(*id) == before.as_ref() || planted(Defect::NewerFateForgotten);
                if settled && is_newest {
                    overlay.forget(*id);
                }
            }
        }
        Ok(())
    }

    fn write(connection: &Connection, heads: &[(ObjectId, Head)], fates: &[Option<Fate>]) -> Result<(), Trouble> {
        let transaction = connection.unchecked_transaction()?;
        for ((id, head), fate) in heads.iter().zip(fates) {
            if head.deleted {
                connection.prepare_cached("DELETE FROM objects WHERE id = ?1")?.execute([id.as_bytes()])?;
                continue;
            }
            let (created, again) = match fate {
                Some(Fate::Created { at, again, .. }) => (*at, *again == Again::Yes),
                _ => (head.last_used, false),
            };
            connection
                .prepare_cached(
                    "INSERT INTO objects VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (id) DO UPDATE SET
                        last_used = ?5, bytes = ?6, next_alarm = ?7, created = iif(?8, ?4, created)",
                )?
                .execute(params![
                    id.as_bytes(),
                    head.class.0 as i64,
                    head.name.as_deref().filter(|_| !planted(Defect::NameNotListed)),
                    created.as_millis(),
                    head.last_used.as_millis(),
                    i64::from(head.pages) * PAGE as i64,
                    head.next_alarm.map(Timestamp::as_millis),
                    again,
                ])?;
        }
        Ok(transaction.commit()?)
    }

    /// Whether the tables list an object: then the store must have its head.
    pub(super) fn lists(&self, id: ObjectId) -> Result<bool> {
        self.with(|connection| {
            Ok(connection
                .prepare_cached("SELECT 1 FROM objects WHERE id = ?1")?
                .query_row([id.as_bytes()], |_| Ok(()))
                .optional()?
                .is_some())
        })
    }

    pub(super) fn folder(&self) -> FolderId {
        self.folder
    }

    /// Whether objects rest in a partition.
    pub(super) fn has_partition(&self, number: u8) -> bool {
        self.partitions.read().contains(&number)
    }

    /// A partition is about to get its first object: from now on it is missed if it is gone. Durable when this returns.
    pub(super) fn add_partition(&self, number: u8) -> Result<()> {
        self.with(|connection| {
            connection.execute("INSERT OR IGNORE INTO partitions VALUES (?1, 1)", [number])?;
            file::fold(connection)
        })?;
        self.partitions.write().insert(number);
        Ok(())
    }

    /// The partitions whose objects a rebuilt registry does not list yet.
    pub(super) fn unlisted(&self) -> Result<Vec<u8>> {
        self.with(|connection| {
            let mut statement = connection.prepare("SELECT number FROM partitions WHERE listed = 0 ORDER BY number")?;
            let numbers = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            Ok(numbers)
        })
    }

    pub(super) fn set_listed(&self, number: u8) -> Result<()> {
        self.with(|connection| {
            connection.execute("UPDATE partitions SET listed = 1 WHERE number = ?1", [number])?;
            Ok(())
        })
    }

    /// All templates, each with its pages unless they are damaged.
    pub(super) fn templates(&self) -> Result<Vec<(TemplateId, Option<Template>)>> {
        self.with(template_code::read_all)
    }

    pub(super) fn put_template(&self, id: TemplateId, pages: &[Arc<Page>]) -> Result<()> {
        self.with(|connection| {
            template_code::write(connection, id, pages)?;
            file::fold(connection)
        })
    }

    pub(super) fn with<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, Trouble>) -> Result<T> {
        self.told(ask(&self.connection.lock()))
    }

    pub(super) fn told<T>(&self, outcome: Result<T, Trouble>) -> Result<T> {
        outcome.map_err(|trouble| trouble.into_error(&self.path, REMEDY))
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("path", &self.path).finish_non_exhaustive()
    }
}
