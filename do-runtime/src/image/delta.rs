//! Byte differences of pages: what a commit record carries.
//!
//! ```text
//! delta := page*                            in ascending order of their numbers
//! page  := skip run+ 0                      skip: how many numbers lie between this page and the one before
//! run   := length gap byte{length}          gap: unchanged bytes since the end of the run before
//! ```
//!
//! `skip`, `length` and `gap` are LEB128 varints; a length of 0 ends a page. A new page is a difference from zeros.

use super::{PAGE, Page};
use crate::error::{Error, ErrorKind, Result};

/// Unchanged bytes that are cheaper to carry along than the header of another run.
const JOIN: usize = 3;

/// A page of zeros.
pub const ZERO: Page = [0; PAGE];

/// Pages that a delta is applied to.
pub trait PagesMut {
    /// A page to be changed, by its number from 0. One that was never written is zero.
    fn page_mut(&mut self, number: u32) -> Result<&mut Page>;
}

/// Writes a delta, page by page.
pub struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    next: u32,
}

impl<'a> Encoder<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Encoder { out, next: 0 }
    }

    /// Adds the difference of a page; nothing, if there is none. Whether there is one. The numbers ascend.
    pub fn page(&mut self, number: u32, before: &Page, after: &Page) -> bool {
        debug_assert!(number >= self.next, "pages are encoded in ascending order");
        let mut start = first_difference(before, after, 0);
        if start == PAGE {
            return false;
        }
        put_varint(self.out, number - self.next);
        self.next = number + 1;
        let mut written = 0;
        while start < PAGE {
            let end = run_end(before, after, start);
            put_varint(self.out, (end - start) as u32);
            put_varint(self.out, (start - written) as u32);
            self.out.extend_from_slice(&after[start..end]);
            written = end;
            start = first_difference(before, after, end);
        }
        self.out.push(0);
        true
    }
}

/// Where two pages first differ at or after `from`, or `PAGE`.
fn first_difference(before: &Page, after: &Page, from: usize) -> usize {
    const STRIDE: usize = 256;
    let mut at = from;
    while at < PAGE && !at.is_multiple_of(8) {
        if before[at] != after[at] {
            return at;
        }
        at += 1;
    }
    while at < PAGE {
        if at + STRIDE <= PAGE && before[at..at + STRIDE] == after[at..at + STRIDE] {
            at += STRIDE;
            continue;
        }
        let end = (at + STRIDE).min(PAGE);
        while at < end {
            let differing = word(before, at) ^ word(after, at);
            if differing != 0 {
                return at + differing.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
    }
    PAGE
}

/// Eight bytes, the first one lowest. `at + 8` is within the page.
fn word(page: &Page, at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&page[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// The end of the run that begins at the difference `start`.
fn run_end(before: &Page, after: &Page, start: usize) -> usize {
    let mut end = start + 1;
    let mut at = end;
    while at < PAGE && at - end <= JOIN {
        let next = (at + 8).min(PAGE);
        if next - at == 8 && !has_zero_byte(word(before, at) ^ word(after, at)) {
            end = next;
        } else {
            for index in at..next {
                if before[index] != after[index] && index - end <= JOIN {
                    end = index + 1;
                }
            }
        }
        at = next;
    }
    end
}

/// Whether any of eight bytes is zero.
fn has_zero_byte(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    word.wrapping_sub(ONES) & !word & (ONES << 7) != 0
}

/// Applies a delta to a database that is `pages` pages long afterwards. A delta that is damaged is a `storage` error,
/// and then no page was changed.
pub fn apply(delta: &[u8], pages: u32, target: &mut dyn PagesMut) -> Result<()> {
    let mut check = Reader { rest: delta, next: 0, pages };
    while check.page()?.is_some() {
        let mut at = 0;
        while check.run(&mut at)?.is_some() {}
    }
    let mut reader = Reader { rest: delta, next: 0, pages };
    while let Some(number) = reader.page()? {
        let page = target.page_mut(number)?;
        let mut at = 0;
        while let Some((start, bytes)) = reader.run(&mut at)? {
            page[start..start + bytes.len()].copy_from_slice(bytes);
        }
    }
    Ok(())
}

/// Reads a delta that may be anything.
struct Reader<'a> {
    rest: &'a [u8],
    next: u32,
    pages: u32,
}

impl<'a> Reader<'a> {
    /// The number of the next page.
    fn page(&mut self) -> Result<Option<u32>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let skip = self.varint()?;
        match self.next.checked_add(skip) {
            Some(number) if number < self.pages => {
                self.next = number + 1;
                Ok(Some(number))
            }
            _ => Err(damaged("it names a page beyond the end of the database")),
        }
    }

    /// The next run of the page: where it starts, and its bytes.
    fn run(&mut self, at: &mut usize) -> Result<Option<(usize, &'a [u8])>> {
        let length = self.varint()? as usize;
        if length == 0 {
            return Ok(None);
        }
        let gap = self.varint()? as usize;
        let start = at.saturating_add(gap);
        let end = start.saturating_add(length);
        if end > PAGE {
            return Err(damaged("a run of bytes leaves its page"));
        }
        if length > self.rest.len() {
            return Err(damaged("it ends within a run of bytes"));
        }
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        *at = end;
        Ok(Some((start, bytes)))
    }

    fn varint(&mut self) -> Result<u32> {
        let mut value = 0u64;
        for (index, &byte) in self.rest.iter().enumerate().take(5) {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return u32::try_from(value).map_err(|_| damaged("a number in it is too large"));
            }
        }
        Err(damaged("it ends within a number, or the number is too large"))
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn damaged(how: &'static str) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!("the page differences of a commit record are damaged: {how}; restore the object from a backup"),
    )
}
