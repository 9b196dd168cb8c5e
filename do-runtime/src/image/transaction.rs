//! What a transaction changed in an image: the pages as they were before it.

use std::sync::Arc;

use super::delta::{Encoder, ZERO};
use super::pages::{OWN, TOUCHED, bytes};
use super::{Image, ImageFailure, PAGE, Page, spare};
use crate::error::{Error, ErrorKind};
use crate::planted::{Defect, planted};

/// Entries that a closed transaction keeps room for.
const KEPT: usize = 64;

/// An open transaction, or the buffers for the next one.
#[derive(Default)]
pub(super) struct Transaction {
    pub(super) open: bool,
    /// The size of the database before it, in pages.
    size: u32,
    touched: Vec<Touched>,
}

/// A page that the transaction has written or cut off.
struct Touched {
    number: u32,
    /// `OWN` or 0, as it was.
    own: u8,
    before: Before,
}

/// What a page was before the transaction.
enum Before {
    /// This.
    Page(Arc<Page>),
    /// It was not in memory, and was cut off without a look at it.
    Away,
    /// It did not exist.
    New,
}

impl Image {
    /// Begins a transaction. One that is open is rolled back first.
    pub fn begin(&mut self) {
        self.rollback();
        self.failure = None;
        self.transaction.open = true;
        self.transaction.size = self.size;
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        self.transaction.open
    }

    /// Ends the transaction and appends what it changed to `delta`. Whether it changed anything.
    pub fn commit(&mut self, delta: &mut Vec<u8>) -> bool {
        let mut touched = std::mem::take(&mut self.transaction.touched);
        touched.sort_unstable_by_key(|touched| touched.number);
        let mut changed = self.size != self.transaction.size;
        let mut encoder = Encoder::new(delta);
        for Touched { number, own, before } in touched.drain(..) {
            let index = number as usize;
            self.flags[index] &= !TOUCHED;
            if number < self.size {
                let after = self.pages[index].as_deref().unwrap_or(&ZERO);
                match before {
                    Before::Page(page) if !encoder.page(number, &page, after) => {
                        // Nothing changed: go on sharing what was shared.
                        self.discard(number);
                        self.place(number, page, own);
                        continue;
                    }
                    Before::Page(page) => spare::give_back(page),
                    Before::New if planted(Defect::PageOfZerosForgotten) && after == &ZERO => continue,
                    // A new page of zeros has no difference, yet the page store may have a former page of its number.
                    Before::New | Before::Away => drop(encoder.page(number, &ZERO, after)),
                }
                changed = true;
                self.mark_dirty(number);
            }
        }
        self.close(touched);
        changed
    }

    /// Ends the transaction: pages and size are what they were before it, whatever SQLite wrote.
    pub fn rollback(&mut self) {
        let mut touched = std::mem::take(&mut self.transaction.touched);
        for Touched { number, own, before } in touched.drain(..) {
            self.flags[number as usize] &= !TOUCHED;
            self.discard(number);
            if let Before::Page(page) = before {
                self.place(number, page, own);
            }
        }
        if self.transaction.open && !planted(Defect::SizeNotUndone) {
            self.size = self.transaction.size;
        }
        self.close(touched);
    }

    fn discard(&mut self, number: u32) {
        if let Some(page) = self.vacate(number) {
            spare::give_back(page);
        }
    }

    fn close(&mut self, mut touched: Vec<Touched>) {
        self.drop_beyond_size();
        touched.shrink_to(KEPT);
        self.transaction = Transaction { open: false, size: self.size, touched };
    }

    /// A write outside a transaction is a defect of ours.
    pub(super) fn check_open(&mut self) -> Result<(), ImageFailure> {
        if self.transaction.open {
            return Ok(());
        }
        let error = Error::new(ErrorKind::Internal, "a page of the database was written outside a transaction");
        Err(self.fail(ImageFailure::Refused, error))
    }

    /// Whether the transaction may touch no further page.
    pub(super) fn transaction_is_full(&self) -> bool {
        (self.transaction.touched.len() as u64 + 1) * PAGE as u64 > self.limits.transaction
    }

    /// Bytes of the pages that the transaction has touched so far.
    pub fn touched_bytes(&self) -> u64 {
        self.transaction.touched.len() as u64 * PAGE as u64
    }

    /// Keeps the pre-image of a page that is about to be written.
    pub(super) fn touch(&mut self, number: u32) -> Result<(), ImageFailure> {
        if self.transaction_is_full() {
            let error = format!(
                "the transaction writes more than {} (limits: transaction); split it, or raise the limit",
                bytes(self.limits.transaction)
            );
            return Err(self.fail(ImageFailure::Full, Error::new(ErrorKind::Storage, error)));
        }
        let index = number as usize;
        if number < self.transaction.size
            && self.pages[index].is_none()
            && let Err(error) = self.load(number)
        {
            return Err(self.fail(ImageFailure::Load, error));
        }
        self.keep_before(number);
        Ok(())
    }

    fn keep_before(&mut self, number: u32) {
        let index = number as usize;
        let own = self.flags[index] & OWN;
        self.flags[index] |= TOUCHED;
        let before = match self.vacate(number) {
            _ if number >= self.transaction.size => Before::New,
            Some(page) => Before::Page(page),
            None => Before::Away,
        };
        self.transaction.touched.push(Touched { number, own, before });
    }

    /// Cuts off the page that is the last one, or will be.
    pub(super) fn cut(&mut self, number: u32) {
        if self.flags[number as usize] & TOUCHED == 0 {
            self.keep_before(number);
        } else {
            self.discard(number);
        }
    }

    /// Adds a page of zeros at the end.
    pub(super) fn extend(&mut self) -> Result<(), ImageFailure> {
        let number = self.size;
        let index = number as usize;
        if index == self.pages.len() {
            self.pages.push(None);
            self.flags.push(0);
        }
        if self.flags[index] & TOUCHED == 0 {
            self.touch(number)?;
        } else {
            self.find_before(number)?;
        }
        self.place(number, spare::zero(), 0);
        self.size += 1;
        Ok(())
    }

    /// A page that was cut off unseen comes back: its difference needs what it was.
    fn find_before(&mut self, number: u32) -> Result<(), ImageFailure> {
        let away = |touched: &Touched| touched.number == number && matches!(touched.before, Before::Away);
        let Some(position) = self.transaction.touched.iter().position(away) else {
            return Ok(());
        };
        if let Err(error) = self.load(number) {
            return Err(self.fail(ImageFailure::Load, error));
        }
        self.transaction.touched[position].before = Before::Page(self.vacate(number).unwrap_or_else(spare::zero));
        Ok(())
    }
}
