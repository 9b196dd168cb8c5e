//! Which pages of an image are in memory: loading, hand-over to the page store, shedding.

use std::sync::Arc;

use super::pages::{DIRTY, HANDED, OWN, READ, TOUCHED};
use super::{Image, PAGE, Page, spare};
use crate::error::Result;
use crate::planted::{Defect, planted};

/// Pages that are loaded together once reading is seen to be sequential: 128 KiB.
const READ_AHEAD: u32 = 32;

/// Where pages come from that are not in memory.
pub trait PageSource: Send + Sync {
    /// Calls `into` with those of the pages `page..page + count` (numbers from 0) that were ever written; the others
    /// are zero. An error is what the statement that needed the page answers.
    fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()>;
}

/// A hand-over of pages to the page store; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HandOver(u64);

impl Image {
    /// Loads a page, and a few after it while pages are asked for in order. A page that the source does not have is zero.
    pub(super) fn load(&mut self, number: u32) -> Result<()> {
        let Some(source) = self.source.clone() else {
            self.place(number, spare::zero(), 0);
            return Ok(());
        };
        let (next, last_count) = self.last_load;
        let wanted = if number == next { (last_count * 2).clamp(2, READ_AHEAD) } else { 1 };
        let away = |number: &u32| self.pages[*number as usize].is_none() && self.flags[*number as usize] & TOUCHED == 0;
        let count = match number < self.size {
            true => 1 + (number + 1..self.size.min(number.saturating_add(wanted))).take_while(away).count() as u32,
            false => 1,
        };
        self.load_run(number, count, &*source)?;
        self.last_load = (number + count, count);
        Ok(())
    }

    /// Loads a small database as a whole: one look into the source instead of one for each page.
    pub fn load_all(&mut self) -> Result<()> {
        match self.source.clone() {
            Some(source) => self.load_run(0, self.size, &*source),
            None => Ok(()),
        }
    }

    fn load_run(&mut self, number: u32, count: u32, source: &dyn PageSource) -> Result<()> {
        source.load(number, count, &mut |loaded, page| {
            if (number..number + count).contains(&loaded) {
                let own = if Arc::strong_count(&page) == 1 { OWN } else { 0 };
                self.place(loaded, page, own);
            }
        })?;
        for loaded in number..number + count {
            if self.pages[loaded as usize].is_none() {
                self.place(loaded, spare::zero(), 0);
            }
        }
        Ok(())
    }

    /// The pages that changed since the last hand-over, in order, with those of a new size. Nothing while a transaction is
    /// open. They stay in memory until [`Image::kept`] says that the source has them.
    pub fn take_dirty(&mut self) -> Vec<(u32, Arc<Page>)> {
        if self.transaction.open {
            return Vec::new();
        }
        self.hand_overs += 1;
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        let mut pages = Vec::with_capacity(dirty.len());
        for number in dirty {
            let Some(flags) = self.flags.get_mut(number as usize) else {
                continue;
            };
            if *flags & DIRTY != 0 {
                *flags = *flags & !DIRTY | HANDED;
                self.handed.insert(number, self.hand_overs);
                pages.push((number, self.pages[number as usize].clone().unwrap_or_else(spare::zero)));
            }
        }
        pages
    }

    /// Whether a page changed since the last hand-over.
    pub fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// The hand-over that [`Image::take_dirty`] last made.
    pub fn hand_over(&self) -> HandOver {
        HandOver(self.hand_overs)
    }

    /// The page source has what was handed over, up to this one. Pages of it may be shed now.
    pub fn kept(&mut self, hand_over: HandOver) {
        let flags = &mut self.flags;
        self.handed.retain(|&number, &mut at| {
            let waits = at > hand_over.0;
            if !waits && let Some(flags) = flags.get_mut(number as usize) {
                *flags &= !HANDED;
            }
            waits
        });
    }

    /// From now on, pages that are not in memory come from here. It has what was handed over and [`Image::kept`], and
    /// the pages of the template that the image began as.
    pub fn set_source(&mut self, source: Arc<dyn PageSource>) {
        self.source = Some(source);
    }

    /// Bytes of the pages that are in memory for this image alone.
    pub fn resident_bytes(&self) -> u64 {
        (self.own * PAGE) as u64
    }

    /// Drops pages that the source has until at most `keep_bytes` are in memory, those first that were not read of
    /// late. Nothing without a source.
    pub fn shed(&mut self, keep_bytes: u64) {
        if self.source.is_none() {
            return;
        }
        self.adopt();
        let mut steps = self.size as u64 * 2;
        while self.resident_bytes() > keep_bytes && steps > 0 {
            steps -= 1;
            let number = if self.clock_hand < self.size { self.clock_hand } else { 0 };
            self.clock_hand = number + 1;
            let flags = &mut self.flags[number as usize];
            let handed = if planted(Defect::ShedTooEarly) { 0 } else { HANDED };
            if *flags & OWN == 0 || *flags & (DIRTY | handed | TOUCHED) != 0 {
                continue;
            }
            if *flags & READ != 0 {
                *flags &= !READ;
            } else {
                self.vacate(number);
            }
        }
    }

    /// Counts the pages that were shared when they were loaded and are this image's alone by now.
    fn adopt(&mut self) {
        for (page, flags) in self.pages.iter().zip(&mut self.flags) {
            if *flags & OWN == 0 && page.as_ref().is_some_and(|page| Arc::strong_count(page) == 1) {
                *flags |= OWN;
                self.own += 1;
            }
        }
    }
}
