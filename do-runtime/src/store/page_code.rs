//! A page as it is stored: without its longest run of zeros, and with a checksum of what and whose it is.
//!
//! SQLite leaves the free space of a page in one piece and new space is zero, so most pages get shorter for the
//! price of one pass over them.

use crate::ObjectId;
use crate::image::{PAGE, Page};

/// A shorter run costs more than it saves.
const WORTH: usize = 32;

/// Replaces what is in `into` by the page. A result of [`PAGE`] bytes is the page itself; a shorter one begins with where
/// the zeros begin, in two bytes, little-endian.
pub(super) fn encode(page: &Page, into: &mut Vec<u8>) {
    into.clear();
    let (start, len) = zeros(page);
    if len < WORTH {
        into.extend_from_slice(page);
        return;
    }
    // A start is below 4,096 and fits.
    into.extend_from_slice(&(start as u16).to_le_bytes());
    into.extend_from_slice(&page[..start]);
    into.extend_from_slice(&page[start + len..]);
}

/// The page again, unless this can't have come from [`encode`].
pub(super) fn decode(stored: &[u8]) -> Option<Page> {
    if let Ok(page) = Page::try_from(stored) {
        return Some(page);
    }
    let (start, kept) = stored.split_first_chunk::<2>()?;
    let start = usize::from(u16::from_le_bytes(*start));
    if start > kept.len() || kept.len() > PAGE {
        return None;
    }
    let mut page = [0; PAGE];
    page[..start].copy_from_slice(&kept[..start]);
    page[PAGE - (kept.len() - start)..].copy_from_slice(&kept[start..]);
    Some(page)
}

/// Over the object too, so that a page under a wrong key is found as well as a wrong page.
pub(super) fn checksum(object: ObjectId, number: u32, page: &Page) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(object.as_bytes());
    sum.update(&number.to_le_bytes());
    sum.update(page);
    sum.finalize()
}

/// Where the longest run of zero words begins, and its length in bytes.
fn zeros(page: &Page) -> (usize, usize) {
    const WORD: usize = 8;
    let (words, _) = page.as_chunks::<WORD>();
    let (mut best, mut run) = ((0, 0), 0);
    for (number, word) in words.iter().enumerate() {
        if u64::from_ne_bytes(*word) != 0 {
            run = 0;
            continue;
        }
        run += 1;
        if run > best.1 {
            best = (number + 1 - run, run);
        }
    }
    (best.0 * WORD, best.1 * WORD)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there_and_back(page: &Page) -> usize {
        let mut stored = Vec::new();
        encode(page, &mut stored);
        assert_eq!(decode(&stored).as_ref(), Some(page));
        stored.len()
    }

    #[test]
    fn a_page_of_zeros_takes_two_bytes() {
        assert_eq!(there_and_back(&[0; PAGE]), 2);
    }

    #[test]
    fn a_full_page_is_stored_as_it_is() {
        assert_eq!(there_and_back(&[7; PAGE]), PAGE);
    }

    #[test]
    fn zeros_at_the_ends_are_left_out() {
        let mut page = [9; PAGE];
        page[..100].fill(0);
        assert_eq!(there_and_back(&page), PAGE - 96 + 2);
        let mut page = [9; PAGE];
        page[4000..].fill(0);
        assert_eq!(there_and_back(&page), PAGE - 96 + 2);
    }

    #[test]
    fn what_encode_never_writes_is_refused() {
        for stored in [&[][..], &[1], &[9, 0, 1, 2], &[0; PAGE + 3]] {
            assert_eq!(decode(stored), None);
        }
    }

    #[test]
    fn a_page_of_another_object_or_number_has_another_checksum() {
        let (page, one, two) = ([3; PAGE], ObjectId([1; 32]), ObjectId([2; 32]));
        assert_ne!(checksum(one, 0, &page), checksum(two, 0, &page));
        assert_ne!(checksum(one, 0, &page), checksum(one, 1, &page));
    }

    proptest! {
        #[test]
        fn any_page_comes_back(runs in proptest::collection::vec((0usize..PAGE, 0usize..900, any::<u8>()), 0..12)) {
            let mut page = [0; PAGE];
            for (start, len, byte) in runs {
                page[start..(start + len).min(PAGE)].fill(byte);
            }
            there_and_back(&page);
        }
    }
}
