//! Our side: the database of an object, on pages that come from a store on a simulated disk, with a log of its commits.

use super::super::{Arc, ControlFlow, Database, Engine, Image, NONE, options, shown, template};
use super::{Answer, LIMITS, Show};
use crate::engine::RowAccess;
use crate::env::{SeededRandom, SimDisk};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Page, PageSource};
use crate::journal::{ClassTag, Commit, CommitKind, LogPosition, TemplateId};
use crate::sqlite::DiskVfs;
use crate::store::{Changes, Head, Location, PageStore, Replay, SqlitePageStore, WriteBehind, checkpoint};
use crate::{ObjectId, Timestamp};

const CLASS: ClassTag = ClassTag(7);
const TEMPLATE: TemplateId = TemplateId([7; 16]);
const OBJECT: ObjectId = ObjectId([7; 32]);
const NOW: Timestamp = Timestamp::from_millis(1_000);

/// A database of up to so many pages is read as a whole when its object wakes, as the node does it.
const LOADED_WHOLE: u32 = 64;

/// A commit of the log. All of them are durable.
struct Record {
    pages: u32,
    delta: Vec<u8>,
    position: LogPosition,
}

/// An object and all that it rests on.
pub(in super::super) struct Stored {
    disk: Arc<SimDisk>,
    // Before the VFS that its connections use.
    store: Arc<SqlitePageStore>,
    behind: Arc<WriteBehind>,
    _vfs: DiskVfs,
    log: Vec<Record>,
    database: Option<Database>,
}

/// The pages of the object in the store.
struct Rested(Arc<WriteBehind>);

impl PageSource for Rested {
    fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        self.0.read(OBJECT, page, page.saturating_add(count), into)
    }
}

impl Stored {
    pub(in super::super) fn new() -> Result<Self> {
        let disk = SimDisk::new();
        let (vfs, store) = mount(&disk)?;
        store.put_template(TEMPLATE, &template(""))?;
        let behind = Arc::new(WriteBehind::new(store.clone(), LogPosition(0)));
        let mut stored = Stored { disk, store, behind, _vfs: vfs, log: Vec::new(), database: None };
        stored.wake()?;
        Ok(stored)
    }

    pub(in super::super) fn database(&self) -> &Database {
        self.database.as_ref().expect("it is asleep only within a step")
    }

    fn end(&self) -> LogPosition {
        self.log.last().map_or(LogPosition(0), |record| record.position)
    }

    fn wake(&mut self) -> Result<()> {
        let image = match self.behind.head(OBJECT)? {
            None => Image::from_template(&template(""), LIMITS),
            Some(head) => {
                let mut image = Image::stored(head.pages, Arc::new(Rested(self.behind.clone())), LIMITS)?;
                if head.pages <= LOADED_WHOLE {
                    image.load_all()?;
                }
                image
            }
        };
        self.database = Some(Database::open(image, &options(LIMITS))?);
        Ok(())
    }

    /// The rows of a statement and how many it changed, or its error.
    pub(super) fn run(&self, sql: &str) -> Answer {
        let connection = self.database().session.connection();
        let before = connection.total_changes();
        let rows = self.rows(sql, &|_, value| shown(value)).map_err(|error| (error.kind(), error.to_string()))?;
        let mut lines: Vec<String> = rows.into_iter().map(|row| row.join("|")).collect();
        let changed = super::changes(sql, before, connection);
        lines.push(format!("changed {changed}"));
        Ok(lines)
    }

    /// The rows of a statement, each value as it is shown.
    pub(in super::super) fn rows(&self, sql: &str, show: Show<'_>) -> Result<Vec<Vec<String>>> {
        let mut rows = Vec::new();
        let each = &mut |row: &dyn RowAccess| {
            rows.push((0..row.columns()).map(|column| show(column, row.value(column))).collect());
            Ok(ControlFlow::Continue(()))
        };
        self.database().query(sql, NONE, each)?;
        Ok(rows)
    }

    /// Commits, and appends what changed to the log.
    pub(in super::super) fn commit(&mut self) -> Answer {
        let mut delta = Vec::new();
        let changed = self.database().commit(&mut delta).map_err(|error| (error.kind(), error.to_string()))?;
        if changed {
            let position = LogPosition(self.end().0 + 100 + delta.len() as u64);
            let pages = self.database().image(|image| image.size()).map_err(|e| (e.kind(), e.to_string()))?;
            self.log.push(Record { pages, delta, position });
        }
        Ok(Vec::new())
    }

    /// As `Awake::hand_over` does it.
    pub(in super::super) fn hand_over(&self) -> Result<()> {
        let Some(last) = self.log.last() else { return Ok(()) };
        let (pages, hand_over) = self.database().image(|image| (image.take_dirty(), image.hand_over()))?;
        let head = Head {
            class: CLASS,
            name: None,
            sequence: self.log.len() as u64,
            applied: last.position,
            pages: last.pages,
            template: Some(TEMPLATE),
            next_alarm: None,
            last_used: NOW,
            deleted: false,
        };
        self.behind.put(Changes { object: OBJECT, head, pages });
        let source = Arc::new(Rested(self.behind.clone()));
        self.database().image(|image| {
            image.set_source(source);
            image.kept(hand_over);
        })
    }

    pub(in super::super) fn checkpoint(&self) -> Result<()> {
        self.hand_over()?;
        self.behind.seal(self.end());
        checkpoint(&self.behind, &self.store, self.end(), self.end()).map(drop)
    }

    pub(in super::super) fn sleep(&mut self) -> Result<()> {
        self.hand_over()?;
        let left = self.left_behind()?;
        self.wake()?;
        self.is_kept(&left)
    }

    /// Ends the connection: the pages as the last commit left them.
    fn left_behind(&mut self) -> Result<Vec<Arc<Page>>> {
        match self.database.take() {
            Some(database) => database.into_image()?.to_pages(),
            None => Ok(Vec::new()),
        }
    }

    /// Compares what an object would be woken with byte for byte, free pages too, which no SQL would miss.
    fn is_kept(&self, expected: &[Arc<Page>]) -> Result<()> {
        let Some(head) = self.behind.head(OBJECT)? else { return Ok(()) };
        let pages = Image::stored(head.pages, Arc::new(Rested(self.behind.clone())), LIMITS)?.to_pages()?;
        let same = |number: usize| pages.get(number) == expected.get(number);
        match (0..pages.len().max(expected.len())).find(|number| !same(*number)) {
            None => Ok(()),
            Some(number) => {
                let sizes = (pages.len(), expected.len());
                let error = format!("page {number} differs from what was committed; sizes {sizes:?}");
                Err(Error::new(ErrorKind::Internal, error))
            }
        }
    }

    /// Recovers from the log what the store has not got.
    pub(in super::super) fn crash(&mut self, random: &SeededRandom) -> Result<()> {
        let left = self.left_behind()?;
        self.disk = match random.below(3) {
            0 => self.disk.kill(),
            1 => self.disk.crash(),
            _ => self.disk.crash_torn(random),
        };
        let (vfs, store) = mount(&self.disk)?;
        let from = store.registry().checkpoint();
        let behind = Arc::new(WriteBehind::new(store.clone(), from));
        (self.store, self.behind, self._vfs) = (store, behind, vfs);
        let memory = random.below(400_000) as usize;
        let mut replay = Replay::new(&self.behind, &self.store, NOW).with_memory(memory);
        for (sequence, record) in (1..).zip(&self.log).filter(|(_, record)| record.position > from) {
            let kind = match sequence {
                1 => CommitKind::Create { name: None, template: TEMPLATE },
                _ => CommitKind::Change,
            };
            let (pages, delta) = (record.pages, &record.delta[..]);
            let commit = Commit { class: CLASS, object: OBJECT, sequence, pages, next_alarm: None, kind, delta };
            replay.apply(&commit, record.position)?;
        }
        if let Some((_, error)) = replay.finish()?.failed.into_iter().next() {
            return Err(error);
        }
        self.wake()?;
        self.is_kept(&left)
    }
}

fn mount(disk: &Arc<SimDisk>) -> Result<(DiskVfs, Arc<SqlitePageStore>)> {
    let vfs = DiskVfs::register(disk.clone())?;
    let location = Location::on_vfs(disk.clone(), vfs.name());
    let store = Arc::new(SqlitePageStore::open(location, &SeededRandom::new(3))?);
    store.registry().register_class(CLASS, "Room")?;
    Ok((vfs, store))
}
