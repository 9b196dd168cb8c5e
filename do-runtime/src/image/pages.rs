//! `Image`: the pages of one object's database, as SQLite reads and writes them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::delta::Encoder;
use super::residency::PageSource;
use super::transaction::Transaction;
use super::{PAGE, Page, delta, spare};
use crate::Limits;
use crate::error::{Error, ErrorKind, Result};

/// It changed since the last hand-over to the page store.
pub(super) const DIRTY: u8 = 1;
/// The open transaction has its pre-image.
pub(super) const TOUCHED: u8 = 2;
/// It was read since the clock hand of shedding passed it.
pub(super) const READ: u8 = 4;
/// It is in memory for this image alone, so that it counts.
pub(super) const OWN: u8 = 8;
/// It was handed over, and the store has not said yet that it keeps it.
pub(super) const HANDED: u8 = 16;

/// What the image answers to SQLite when it refuses; the reason is in [`Image::take_failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFailure {
    /// A page could not be loaded.
    Load,
    /// A write that must not be.
    Refused,
    /// A limit is crossed.
    Full,
}

/// The pages of one object's database.
///
/// Pages are shared until they are written, so that many objects can begin as one template. Pages that are not
/// in memory come from a [`PageSource`] when they are read. All changes happen in a transaction
/// ([`Image::begin`], [`Image::commit`], [`Image::rollback`]) or by [`Image::replay`].
pub struct Image {
    /// Pages that are not in memory are `None`; beyond `size` only within a transaction.
    pub(super) pages: Vec<Option<Arc<Page>>>,
    pub(super) flags: Vec<u8>,
    /// The size of the database in pages.
    pub(super) size: u32,
    pub(super) source: Option<Arc<dyn PageSource>>,
    pub(super) transaction: Transaction,
    pub(super) failure: Option<Error>,
    pub(super) limits: Limits,
    /// Pages with `OWN`.
    pub(super) own: usize,
    /// Numbers of the pages with `DIRTY`, and of some that were truncated since.
    pub(super) dirty: Vec<u32>,
    /// Pages with `HANDED`, and in which hand-over they last were.
    pub(super) handed: BTreeMap<u32, u64>,
    pub(super) hand_overs: u64,
    pub(super) clock_hand: u32,
    pub(super) last_load: (u32, u32),
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("pages", &self.size)
            .field("resident", &self.resident_bytes())
            .finish_non_exhaustive()
    }
}

impl Image {
    /// An image of no pages: a database that is yet to be made.
    pub fn empty(limits: Limits) -> Self {
        Image::of(Vec::new(), None, limits)
    }

    /// A new database that begins as a template. Its pages are shared with it, and count as kept already.
    pub fn from_template(template: &[Arc<Page>], limits: Limits) -> Self {
        Image::of(template.iter().cloned().map(Some).collect(), None, limits)
    }

    /// A database of `size` pages whose pages are loaded from `source` when they are needed.
    pub fn stored(size: u32, source: Arc<dyn PageSource>, limits: Limits) -> Result<Self> {
        let mut pages = Vec::new();
        pages.try_reserve_exact(size as usize).map_err(|_| too_large(size))?;
        pages.resize(size as usize, None);
        Ok(Image::of(pages, Some(source), limits))
    }

    fn of(pages: Vec<Option<Arc<Page>>>, source: Option<Arc<dyn PageSource>>, limits: Limits) -> Self {
        Image {
            size: pages.len() as u32,
            flags: vec![0; pages.len()],
            pages,
            source,
            transaction: Transaction::default(),
            failure: None,
            limits,
            own: 0,
            dirty: Vec::new(),
            handed: BTreeMap::new(),
            hand_overs: 0,
            clock_hand: 0,
            last_load: (0, 0),
        }
    }

    /// The size of the database in pages.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Replaces the limits that writes are held to.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Why the last [`ImageFailure`] was. It is forgotten then.
    pub fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    pub(super) fn fail(&mut self, kind: ImageFailure, error: Error) -> ImageFailure {
        // The first one is the cause of those that follow from it.
        self.failure.get_or_insert(error);
        kind
    }

    /// Reads bytes from anywhere; fewer than asked for only at the end of the database.
    pub fn read(&mut self, at: u64, into: &mut [u8]) -> Result<usize, ImageFailure> {
        let mut done = 0;
        while done < into.len() {
            let position = at.saturating_add(done as u64);
            let Ok(number) = u32::try_from(position / PAGE as u64) else {
                break;
            };
            if number >= self.size {
                break;
            }
            let start = (position % PAGE as u64) as usize;
            let count = (PAGE - start).min(into.len() - done);
            let page = self.page(number)?;
            into[done..done + count].copy_from_slice(&page[start..start + count]);
            done += count;
        }
        Ok(done)
    }

    /// A page within the size, loaded if need be.
    pub(super) fn page(&mut self, number: u32) -> Result<&Page, ImageFailure> {
        let index = number as usize;
        if self.pages[index].is_none()
            && let Err(error) = self.load(number)
        {
            return Err(self.fail(ImageFailure::Load, error));
        }
        self.flags[index] |= READ;
        match &self.pages[index] {
            Some(page) => Ok(page),
            None => Ok(&delta::ZERO),
        }
    }

    /// Bytes of page 1 as the last write left them, if that page is in memory: `N` bytes from `at`.
    pub fn header<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.pages.first()?.as_ref()?.get(at..at + N)?.try_into().ok()
    }

    /// Writes a whole page. Pages between the end of the database and it become zero.
    pub fn write(&mut self, number: u32, content: &Page) -> Result<(), ImageFailure> {
        self.check_open()?;
        if number >= self.size {
            self.resize(number.saturating_add(1))?;
        }
        let index = number as usize;
        if self.flags[index] & TOUCHED == 0 {
            // A roll back of SQLite's own writes pages again that never changed. It must not meet a limit.
            if self.transaction_is_full() && self.page(number)? == content {
                return Ok(());
            }
            self.touch(number)?;
        } else if let Some(page) = self.pages[index].as_mut().and_then(Arc::get_mut) {
            page.copy_from_slice(content);
            return Ok(());
        }
        self.place(number, spare::filled(content), OWN);
        Ok(())
    }

    /// Cuts the database to `size` pages, or extends it with zeros.
    pub fn resize(&mut self, size: u32) -> Result<(), ImageFailure> {
        self.check_open()?;
        if u64::from(size) * PAGE as u64 > self.limits.database && size > self.size {
            let error = format!(
                "the database would be larger than its limit of {} (limits: database); delete rows, or raise the limit",
                bytes(self.limits.database)
            );
            return Err(self.fail(ImageFailure::Full, Error::new(ErrorKind::Storage, error)));
        }
        if size < self.size {
            (size..self.size).for_each(|number| self.cut(number));
            self.size = size;
        }
        while self.size < size {
            self.extend()?;
        }
        Ok(())
    }

    /// Puts a page into its place; `own` is `OWN` or 0.
    pub(super) fn place(&mut self, number: u32, page: Arc<Page>, own: u8) {
        let index = number as usize;
        self.vacate(number);
        self.pages[index] = Some(page);
        self.flags[index] |= own;
        self.own += usize::from(own == OWN);
    }

    /// Takes a page out of its place.
    pub(super) fn vacate(&mut self, number: u32) -> Option<Arc<Page>> {
        let index = number as usize;
        self.own -= usize::from(self.flags[index] & OWN != 0);
        self.flags[index] &= !OWN;
        self.pages[index].take()
    }

    pub(super) fn mark_dirty(&mut self, number: u32) {
        let flags = &mut self.flags[number as usize];
        if *flags & DIRTY == 0 {
            *flags |= DIRTY;
            self.dirty.push(number);
        }
    }

    /// Forgets what lies beyond the size.
    pub(super) fn drop_beyond_size(&mut self) {
        if self.pages.len() == self.size as usize {
            return;
        }
        for number in self.size..self.pages.len() as u32 {
            self.vacate(number);
        }
        self.pages.truncate(self.size as usize);
        self.flags.truncate(self.size as usize);
        self.handed.split_off(&self.size);
    }

    /// Applies the delta of a commit record, after which the database has `size` pages. For recovery, outside
    /// transactions. A `storage` error if the delta is damaged; then nothing was changed.
    pub fn replay(&mut self, delta: &[u8], size: u32) -> Result<()> {
        if self.transaction.open {
            return Err(Error::new(ErrorKind::Internal, "a commit record was replayed within a transaction"));
        }
        let before = self.size;
        let more = (size as usize).saturating_sub(self.pages.len());
        self.pages
            .try_reserve_exact(more)
            .and_then(|()| self.flags.try_reserve_exact(more))
            .map_err(|_| too_large(size))?;
        while self.size < size {
            self.pages.push(Some(spare::zero()));
            self.flags.push(0);
            self.mark_dirty(self.size);
            self.size += 1;
        }
        if let Err(error) = delta::apply(delta, size, &mut Replay(self)) {
            self.size = before;
            self.drop_beyond_size();
            return Err(error);
        }
        self.size = size;
        self.drop_beyond_size();
        Ok(())
    }

    /// Appends the differences of all pages from those of a template to `delta`, outside transactions: what the first commit
    /// record of an object carries if there were transactions before it.
    pub fn difference(&mut self, template: &[Arc<Page>], delta: &mut Vec<u8>) -> Result<()> {
        let mut encoder = Encoder::new(delta);
        for number in 0..self.size {
            let index = number as usize;
            if self.pages[index].is_none() {
                self.load(number)?;
            }
            let after = self.pages[index].as_ref();
            let before = template.get(index);
            let shared = matches!((before, after), (Some(before), Some(after)) if Arc::ptr_eq(before, after));
            if !shared {
                fn content(page: Option<&Arc<Page>>) -> &Page {
                    page.map_or(&delta::ZERO, |page| page)
                }
                encoder.page(number, content(before), content(after));
            }
        }
        Ok(())
    }

    /// All pages, loaded if need be, for a template or an export.
    pub fn to_pages(&mut self) -> Result<Vec<Arc<Page>>> {
        (0..self.size)
            .map(|number| {
                if self.pages[number as usize].is_none() {
                    self.load(number)?;
                }
                Ok(self.pages[number as usize].clone().unwrap_or_else(spare::zero))
            })
            .collect()
    }
}

/// The pages that a delta changes.
struct Replay<'a>(&'a mut Image);

impl delta::PagesMut for Replay<'_> {
    fn page_mut(&mut self, number: u32) -> Result<&mut Page> {
        let image = &mut *self.0;
        if image.pages[number as usize].is_none() {
            image.load(number)?;
        }
        image.mark_dirty(number);
        let page = image.vacate(number).unwrap_or_else(spare::zero);
        image.place(number, page, OWN);
        // It was placed in the line before.
        Ok(Arc::make_mut(image.pages[number as usize].get_or_insert_with(spare::zero)))
    }
}

fn too_large(size: u32) -> Error {
    Error::new(ErrorKind::Storage, format!("there is not enough memory for a database of {size} pages"))
}

/// A number of bytes for people.
pub(super) fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} bytes"),
        1024..0x10_0000 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}
