//! A folder on a simulated disk, and short ways to say what is in it.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use crate::env::{SeededRandom, SimDisk};
use crate::error::Result;
use crate::image::{PAGE, Page};
use crate::journal::{ClassTag, LogPosition, TemplateId};
use crate::sqlite::DiskVfs;
use crate::store::{Changes, Head, Location, PageStore, SqlitePageStore, WriteBehind};
use crate::{ObjectId, Timestamp};

pub(super) const CLASS: ClassTag = ClassTag(0xfedc_ba98_0000_0001);
pub(super) const TEMPLATE: TemplateId = TemplateId([0x40; 16]);

pub(super) struct World {
    pub(super) disk: Arc<SimDisk>,
    pub(super) vfs: DiskVfs,
    /// What the id of a new folder is drawn from.
    pub(super) seed: u64,
}

impl World {
    pub(super) fn new() -> Self {
        Self::on(SimDisk::new())
    }

    pub(super) fn on(disk: Arc<SimDisk>) -> Self {
        World { vfs: DiskVfs::register(disk.clone()).unwrap(), disk, seed: 7 }
    }

    pub(super) fn try_open(&self) -> Result<Arc<SqlitePageStore>> {
        let location = Location::on_vfs(self.disk.clone(), self.vfs.name());
        SqlitePageStore::open(location, &SeededRandom::new(self.seed)).map(Arc::new)
    }

    /// Opens the store and makes the class known.
    pub(super) fn open(&self) -> Arc<SqlitePageStore> {
        let store = self.try_open().unwrap();
        store.registry().register_class(CLASS, "Room").unwrap();
        store
    }

    /// Something else that looks into a file, or spoils it.
    pub(super) fn sql(&self, file: &str) -> Connection {
        let connection = self.vfs.connect(Path::new(file)).unwrap();
        connection.execute_batch("PRAGMA locking_mode = EXCLUSIVE").unwrap();
        connection
    }

    /// Changes the bytes of a file.
    pub(super) fn spoil(&self, file: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut content = self.disk.content(Path::new(file)).unwrap();
        change(&mut content);
        self.disk.put(Path::new(file), &content);
    }
}

/// An object in partition `partition`.
pub(super) fn object(partition: u8, number: u8) -> ObjectId {
    let mut id = [number; 32];
    id[0] = partition << 2;
    ObjectId(id)
}

pub(super) fn page(byte: u8) -> Arc<Page> {
    Arc::new([byte; PAGE])
}

pub(super) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// The head of a living object after its `commit`th commit, which is at that position of the log too.
pub(super) fn head(commit: u64, pages: u32) -> Head {
    Head {
        class: CLASS,
        name: Some("lobby".into()),
        sequence: commit,
        applied: LogPosition(commit),
        pages,
        template: None,
        next_alarm: None,
        last_used: at(1_000 + commit as i64),
        deleted: false,
    }
}

pub(super) fn tombstone(commit: u64) -> Head {
    Head { deleted: true, ..head(commit, 0) }
}

/// The state after a commit, with pages of one byte each.
pub(super) fn changes(object: ObjectId, head: Head, pages: &[(u32, u8)]) -> Changes {
    let pages = pages.iter().map(|(number, byte)| (*number, page(*byte))).collect();
    Changes { object, head, pages }
}

/// A template whose pages are filled with these bytes.
pub(super) fn put_template(store: &dyn PageStore, bytes: &[u8]) {
    let pages: Vec<_> = bytes.iter().map(|byte| page(*byte)).collect();
    store.put_template(TEMPLATE, &pages).unwrap();
}

/// Writes without a refusal.
pub(super) fn write(store: &SqlitePageStore, changes: &[Changes]) {
    assert_eq!(store.write(changes).unwrap(), []);
}

/// What the store has: each page by the byte that it is full of.
pub(super) fn stored(store: &dyn PageStore, object: ObjectId) -> Vec<(u32, u8)> {
    let mut found = Vec::new();
    store.read(object, 0, u32::MAX, &mut |number, page| found.push((number, byte_of(&page)))).unwrap();
    found
}

/// What an object would be woken with: each page by the byte that it is full of.
pub(super) fn woken(behind: &WriteBehind, object: ObjectId) -> Vec<u8> {
    let Some(head) = behind.head(object).unwrap().filter(|head| !head.deleted) else { return Vec::new() };
    let mut pages = vec![0; head.pages as usize];
    behind.read(object, 0, head.pages, &mut |number, page| pages[number as usize] = byte_of(&page)).unwrap();
    pages
}

fn byte_of(page: &Page) -> u8 {
    assert!(page.iter().all(|byte| *byte == page[0]), "a page is a mixture");
    page[0]
}
