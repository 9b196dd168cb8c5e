//! One of the files that pages rest in: the heads and pages of the objects whose id falls to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::file::{self, FolderId, Found, Kind};
use super::head_row::{self, HeadRow};
use super::location::{Location, PAGES};
use super::page_store::{Changes, Head};
use super::template_code::{self, Template};
use super::trouble::Trouble;
use super::{meta, page_code};
use crate::ObjectId;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{PAGE, Page};
use crate::journal::{ClassTag, LogPosition, TemplateId};
use crate::planted::{Defect, planted};

const KIND: Kind = Kind {
    application: 0x646f_7067,
    noun: "partition",
    format: 1,
    // Each head and each page has one of its own.
    summed_since: None,
    schema: "CREATE TABLE pages (key INTEGER PRIMARY KEY, content BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;
             CREATE TABLE classes (tag INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;",
    touch: "SELECT (SELECT 1 FROM heads LIMIT 1), (SELECT 1 FROM pages LIMIT 1), (SELECT 1 FROM classes LIMIT 1),
                   (SELECT 1 FROM templates LIMIT 1), (SELECT 1 FROM meta LIMIT 1)",
};

/// Everything before this log position was in the store when tombstones were last purged.
const PURGED: &str = "purged";
/// The folder that the file belongs to.
const FOLDER: &str = "folder";
/// The file's number.
const NUMBER: &str = "partition";

/// An open partition.
#[derive(Debug)]
pub(super) struct Partition {
    connection: Connection,
    path: PathBuf,
    /// The classes whose names are in the file.
    classes: BTreeSet<ClassTag>,
    /// There may be tombstones.
    pub(super) tombstones: bool,
    /// Something was written that [`Partition::fold`] has not brought into the file itself.
    pub(super) unfolded: bool,
}

/// A part of a longer answer, and where the rest begins if there is more.
pub(super) type Part<T> = (Vec<T>, Option<u32>);

/// The name of a partition's file, relative to the folder.
pub(super) fn file_name(number: u8) -> String {
    format!("{PAGES}/{number:02x}.db")
}

impl Partition {
    /// Opens the file; nothing if there is none, or one whose creation was cut off.
    pub(super) fn open(location: &Location, number: u8, folder: &FolderId) -> Result<Option<Self>, Trouble> {
        let name = file_name(number);
        let connection = match file::open(location, &name, &KIND)? {
            Found::Ready(connection) => connection,
            Found::Nothing | Found::Empty => return Ok(None),
        };
        if meta::get(&connection, FOLDER)?.as_deref() != Some(&folder.0[..]) {
            return Err(Trouble::File("belongs to another folder".into()));
        }
        if meta::get(&connection, NUMBER)? != Some(vec![number]) {
            return Err(Trouble::File(format!("is not partition {number:02x}: it was moved here")));
        }
        Self::ready(location, name, connection).map(Some)
    }

    /// Makes the file, durably.
    pub(super) fn create(location: &Location, number: u8, folder: &FolderId) -> Result<Self, Trouble> {
        let name = file_name(number);
        let connection = file::create(location, &name, &KIND, |connection| {
            connection.execute_batch(head_row::SCHEMA)?;
            connection.execute_batch(template_code::SCHEMA)?;
            connection.execute_batch(meta::SCHEMA)?;
            meta::put(connection, FOLDER, &folder.0)?;
            meta::put(connection, NUMBER, &[number])
        })?;
        // It is there now: asked for again, it would be found and taken for durable.
        let unsure = |error| Trouble::File(format!("is new and may be lost in a power cut: {error}"));
        location.sync_folder(PAGES).map_err(unsure)?;
        Self::ready(location, name, connection)
    }

    /// The folder that a partition belongs to, if there is such a file.
    pub(super) fn folder_of(location: &Location, number: u8) -> Result<Option<FolderId>, Trouble> {
        match file::open(location, &file_name(number), &KIND)? {
            Found::Ready(connection) => {
                let folder = meta::get(&connection, FOLDER)?.and_then(|id| id.try_into().ok());
                folder
                    .map(|id| Some(FolderId(id)))
                    .ok_or_else(|| Trouble::File("doesn't say which folder it belongs to".into()))
            }
            Found::Nothing | Found::Empty => Ok(None),
        }
    }

    fn ready(location: &Location, name: String, connection: Connection) -> Result<Self, Trouble> {
        let classes = connection
            .prepare("SELECT tag FROM classes")?
            .query_map([], |row| row.get::<_, i64>(0))?
            .map(|tag| tag.map(|tag| ClassTag(tag as u64)))
            .collect::<rusqlite::Result<_>>()?;
        let tombstones =
            connection.query_row("SELECT EXISTS (SELECT 1 FROM heads WHERE deleted = 1)", [], |row| row.get(0))?;
        // What an earlier run wrote ahead counts as unfolded.
        Ok(Partition { connection, path: location.describe(&name), classes, tombstones, unfolded: true })
    }

    pub(super) fn head(&self, object: ObjectId) -> Result<Option<HeadRow>, Trouble> {
        let mut statement = self.connection.prepare_cached(head_row::SELECT)?;
        let mut rows = statement.query([object.as_bytes()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let head = HeadRow::read(row).filter(|read| read.object == object);
        let head = head.ok_or_else(|| self.damaged(object, "its head fails its checksum"))?;
        match rows.next()? {
            None => Ok(Some(head)),
            Some(_) => Err(self.damaged(object, "it has two heads")),
        }
    }

    /// Those of the pages `from..to` of an object that were ever written, at most `limit`, and where to go on.
    pub(super) fn read(
        &self,
        object: ObjectId,
        from: u32,
        to: u32,
        limit: u32,
    ) -> Result<Part<(u32, Arc<Page>)>, Trouble> {
        let Some(row) = self.head(object)?.filter(|row| !row.head.deleted) else {
            return Ok((Vec::new(), None));
        };
        let end = to.min(row.head.pages);
        let part = end.min(from.saturating_add(limit));
        if from >= part {
            return Ok((Vec::new(), None));
        }
        let mut found = Vec::with_capacity((part - from) as usize);
        let mut statement = self
            .connection
            .prepare_cached("SELECT key, content, sum FROM pages WHERE key BETWEEN ?1 AND ?2 ORDER BY key")?;
        let mut rows = statement.query([key(row.handle, from), key(row.handle, part - 1)])?;
        let mut next = from;
        while let Some(stored) = rows.next()? {
            let number = stored.get::<_, i64>(0)? as u32;
            self.expect_absent(&row, next, number)?;
            next = number
                .checked_add(1)
                .filter(|_| number >= next)
                .ok_or_else(|| self.damaged(object, &format!("page {number} is there twice")))?;
            let page = match (stored.get_ref(1)?, stored.get_ref(2)?) {
                (ValueRef::Blob(content), ValueRef::Integer(sum)) => page_code::decode(content)
                    .filter(|page| i64::from(page_code::checksum(object, number, page)) == sum),
                _ => None,
            };
            let page = page.ok_or_else(|| self.damaged(object, &format!("page {number} fails its checksum")))?;
            found.push((number, Arc::new(page)));
        }
        self.expect_absent(&row, next, part)?;
        Ok((found, (part < end).then_some(part)))
    }

    /// None of the pages `from..to` must be stored.
    fn expect_absent(&self, row: &HeadRow, from: u32, to: u32) -> Result<(), Trouble> {
        match (from..to).find(|&number| row.is_stored(number)) {
            None => Ok(()),
            Some(number) => Err(self.damaged(row.object, &format!("page {number} is missing"))),
        }
    }

    /// Keeps changes in one transaction; those of one object wholly or not at all. Objects that can't be kept are in
    /// the answer.
    pub(super) fn write(
        &mut self,
        changes: &[&Changes],
        templates: &BTreeMap<TemplateId, Template>,
        names: &BTreeMap<ClassTag, Arc<str>>,
    ) -> Result<Vec<(ObjectId, Error)>, Trouble> {
        let mut failed = Vec::new();
        let mut learnt = BTreeSet::new();
        let mut tombstones = false;
        let transaction = self.connection.unchecked_transaction()?;
        for of_one in changes.chunk_by(|a, b| a.object == b.object) {
            self.connection.prepare_cached("SAVEPOINT one")?.execute([])?;
            match of_one.iter().try_for_each(|changes| self.write_object(changes, templates)) {
                Ok(()) => {}
                Err(Trouble::Object(error)) => {
                    self.connection.prepare_cached("ROLLBACK TO one")?.execute([])?;
                    failed.push((of_one[0].object, error));
                }
                Err(trouble) => return Err(trouble),
            }
            self.connection.prepare_cached("RELEASE one")?.execute([])?;
            for Changes { head, .. } in of_one {
                tombstones |= head.deleted;
                if let Some(name) = names.get(&head.class).filter(|_| !self.classes.contains(&head.class))
                    && learnt.insert(head.class)
                {
                    self.connection.execute(
                        "INSERT OR REPLACE INTO classes VALUES (?1, ?2)",
                        params![head.class.0 as i64, name],
                    )?;
                }
            }
        }
        transaction.commit()?;
        self.classes.extend(learnt);
        self.tombstones |= tombstones;
        self.unfolded = true;
        Ok(failed)
    }

    fn write_object(&self, changes: &Changes, templates: &BTreeMap<TemplateId, Template>) -> Result<(), Trouble> {
        let Changes { object, head, pages } = changes;
        let before = self.head(*object)?;
        if before.as_ref().is_some_and(|before| before.head.applied > head.applied) && !planted(Defect::HeadRegresses) {
            return Ok(());
        }
        if head.deleted {
            return self.bury(*object, head, before);
        }
        let (mut row, mut size) = match before {
            Some(before) if !before.head.deleted => {
                let size = before.head.pages;
                // A template that was dropped, because pages of it were cut off, stays dropped.
                let template = before.head.template;
                let applied = if planted(Defect::AppliedNotWritten) { before.head.applied } else { head.applied };
                (HeadRow { head: Head { template, applied, ..head.clone() }, ..before }, size)
            }
            before => {
                let handle = before.map_or_else(|| self.next_handle(), |before| Ok(before.handle))?;
                self.drop_pages(handle, 0)?;
                let template_pages = match head.template {
                    Some(id) => template(templates, id)?.len() as u32,
                    None => 0,
                };
                let own = vec![0; template_pages.div_ceil(8) as usize];
                (HeadRow { handle, object: *object, head: head.clone(), template_pages, own }, template_pages)
            }
        };
        if head.pages < size {
            self.drop_pages(row.handle, head.pages)?;
            size = head.pages;
        }
        let mut stored = Vec::with_capacity(PAGE);
        for (number, page) in pages.iter().filter(|(number, _)| *number < head.pages) {
            self.put_page(&row, *number, page, &mut stored)?;
            row.set_own(*number);
        }
        // Every page that the template does not have is stored, so that one that gets lost is missed.
        if size < head.pages {
            let given: BTreeSet<u32> = pages.iter().map(|(number, _)| *number).collect();
            for number in (size..head.pages).filter(|number| !given.contains(number)) {
                self.put_page(&row, number, &[0; PAGE], &mut stored)?;
            }
        }
        // Cut off pages must not come back from the template when the object grows again.
        if let Some(id) = row.head.template
            && head.pages < row.template_pages
        {
            let template = template(templates, id)?;
            for (number, page) in (0..head.pages).zip(template.iter()) {
                if !row.is_own(number) {
                    self.put_page(&row, number, page, &mut stored)?;
                }
            }
            row.head.template = None;
            row.template_pages = 0;
            row.own = Vec::new();
        }
        Ok(row.write(&self.connection)?)
    }

    /// Leaves a tombstone.
    fn bury(&self, object: ObjectId, head: &Head, before: Option<HeadRow>) -> Result<(), Trouble> {
        let handle = before.map_or_else(|| self.next_handle(), |before| Ok(before.handle))?;
        self.drop_pages(handle, 0)?;
        let head = Head { pages: 0, template: None, next_alarm: None, ..head.clone() };
        Ok(HeadRow { handle, object, head, template_pages: 0, own: Vec::new() }.write(&self.connection)?)
    }

    fn put_page(&self, row: &HeadRow, number: u32, page: &Page, stored: &mut Vec<u8>) -> Result<(), Trouble> {
        page_code::encode(page, stored);
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO pages (key, content, sum) VALUES (?1, ?2, ?3)")?
            .execute(params![key(row.handle, number), *stored, page_code::checksum(row.object, number, page)])?;
        Ok(())
    }

    fn drop_pages(&self, handle: u32, from: u32) -> Result<(), Trouble> {
        self.connection
            .prepare_cached("DELETE FROM pages WHERE key BETWEEN ?1 AND ?2")?
            .execute([key(handle, from), key(handle, u32::MAX)])?;
        Ok(())
    }

    fn next_handle(&self) -> Result<u32, Trouble> {
        let next: i64 = self
            .connection
            .prepare_cached("SELECT coalesce(max(handle), 0) + 1 FROM heads")?
            .query_row([], |row| row.get(0))?;
        // The key of a page has 31 bits for the handle.
        u32::try_from(next).ok().filter(|handle| *handle < 1 << 31).ok_or_else(|| {
            Trouble::Object(Error::new(ErrorKind::Storage, format!("`{}` is full", self.path.display())))
        })
    }

    /// Forgets the tombstones of objects that were deleted before `position`.
    pub(super) fn purge(&mut self, position: LogPosition) -> Result<(), Trouble> {
        let transaction = self.connection.unchecked_transaction()?;
        let purged = self
            .connection
            .prepare_cached("DELETE FROM heads WHERE deleted = 1 AND applied <= ?1")?
            .execute([position.0 as i64])?;
        if purged > 0 {
            meta::put_number(&self.connection, PURGED, position.0)?;
            transaction.commit()?;
            self.unfolded = true;
        }
        self.tombstones = self
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM heads WHERE deleted = 1)")?
            .query_row([], |row| row.get(0))?;
        Ok(())
    }

    /// The position of the last purge: everything before it was in the store then.
    pub(super) fn purged(&self) -> Result<LogPosition, Trouble> {
        Ok(LogPosition(meta::get_number(&self.connection, PURGED)?.unwrap_or_default()))
    }

    /// The names of the classes that the file has objects of.
    pub(super) fn classes(&self) -> Result<Vec<(ClassTag, Arc<str>)>, Trouble> {
        let mut statement = self.connection.prepare("SELECT tag, name FROM classes")?;
        let classes = statement.query_map([], |row| Ok((ClassTag(row.get::<_, i64>(0)? as u64), row.get(1)?)))?;
        Ok(classes.collect::<rusqlite::Result<_>>()?)
    }

    /// Up to `limit` heads with a handle above `after`, and the last handle; damaged ones are left out.
    pub(super) fn heads(&self, after: u32, limit: u32) -> Result<Part<(ObjectId, Head)>, Trouble> {
        let mut statement = self.connection.prepare_cached(head_row::SELECT_AFTER)?;
        let mut rows = statement.query([after, limit])?;
        let (mut heads, mut last) = (Vec::new(), None);
        while let Some(row) = rows.next()? {
            last = Some(row.get(0)?);
            heads.extend(HeadRow::read(row).map(|row| (row.object, row.head)));
        }
        Ok((heads, last))
    }

    /// Keeps a copy of a template.
    pub(super) fn put_template(&mut self, id: TemplateId, pages: &[Arc<Page>]) -> Result<(), Trouble> {
        template_code::write(&self.connection, id, pages)?;
        self.unfolded = true;
        Ok(())
    }

    /// The templates whose copies the file keeps, as far as they are well.
    pub(super) fn templates(&self) -> Result<Vec<(TemplateId, Template)>, Trouble> {
        template_code::read_all(&self.connection)
            .map(|all| all.into_iter().filter_map(|(id, pages)| Some((id, pages?))).collect())
    }

    /// Brings what was written ahead into the file itself, durably.
    pub(super) fn fold(&mut self) -> Result<(), Trouble> {
        file::fold(&self.connection)?;
        self.unfolded = false;
        Ok(())
    }

    fn damaged(&self, object: ObjectId, what: &str) -> Trouble {
        Trouble::Object(Error::new(
            ErrorKind::Storage,
            format!(
                "object {object} is damaged in `{}`: {what}; restore it, or the file, from a backup",
                self.path.display()
            ),
        ))
    }
}

/// Orders the pages of an object one after another. A handle has 31 bits.
fn key(handle: u32, number: u32) -> i64 {
    i64::from(handle) << 32 | i64::from(number)
}

fn template(templates: &BTreeMap<TemplateId, Template>, id: TemplateId) -> Result<&Template, Trouble> {
    templates.get(&id).ok_or_else(|| Trouble::Object(unknown_template(id)))
}

/// A head names a template that the store has not got.
pub(super) fn unknown_template(id: TemplateId) -> Error {
    let id: String = id.0.iter().map(|byte| format!("{byte:02x}")).collect();
    Error::new(
        ErrorKind::Storage,
        format!("the template {id} is missing or damaged, and with it every page that comes from it; restore a backup"),
    )
}
