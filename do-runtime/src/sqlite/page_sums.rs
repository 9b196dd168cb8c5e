//! A checksum in each page of a database file, in bytes at its end that SQLite leaves alone: written with the page, and looked at
//! whenever the page is read. What B-trees and indexes are made of has no other: a key that has rotted is passed over in silence.
//!
//! A file has them if its header says that so many bytes are reserved. SQLite writes the page with the header first.

/// How many bytes a checksum takes.
pub(crate) const SUM_BYTES: u8 = 4;

/// Where the header of a database says how large a page is, and how much of it is reserved.
const PAGE_SIZE: usize = 16;
const RESERVED: usize = 20;

/// The pages of a file that have checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageSums {
    page_size: usize,
}

impl PageSums {
    /// Those of a file that begins so; none, if its pages have no checksums.
    pub(super) fn of(header: &[u8]) -> Option<Self> {
        let page_size = match u16::from_be_bytes(*header.get(PAGE_SIZE..)?.first_chunk()?) {
            1 => 65_536,
            size => usize::from(size),
        };
        (header.get(RESERVED) == Some(&SUM_BYTES) && page_size >= 512).then_some(PageSums { page_size })
    }

    /// A page with its checksum, as it is to be written; none, if these bytes are no page.
    pub(super) fn sealed(self, bytes: &[u8], at: u64) -> Option<Vec<u8>> {
        let number = self.number(bytes, at)?;
        let mut page = bytes.to_vec();
        let (content, sum) = page.split_last_chunk_mut::<{ SUM_BYTES as usize }>()?;
        *sum = checksum(number, content);
        Some(page)
    }

    /// The number of the page that these bytes are and that fails its checksum, if they are a page.
    pub(super) fn damaged(self, bytes: &[u8], at: u64) -> Option<u64> {
        let number = self.number(bytes, at)?;
        let (content, sum) = bytes.split_last_chunk()?;
        (checksum(number, content) != *sum).then_some(number)
    }

    /// As SQLite counts them, from 1.
    fn number(self, bytes: &[u8], at: u64) -> Option<u64> {
        let size = self.page_size as u64;
        (bytes.len() == self.page_size && at.is_multiple_of(size)).then_some(at / size + 1)
    }
}

/// Of the number too: a page in the wrong place is a wrong page.
fn checksum(number: u64, content: &[u8]) -> [u8; SUM_BYTES as usize] {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&number.to_le_bytes());
    sum.update(content);
    sum.finalize().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(page_size: u16, reserved: u8) -> [u8; 100] {
        let mut header = [0; 100];
        header[PAGE_SIZE..][..2].copy_from_slice(&page_size.to_be_bytes());
        header[RESERVED] = reserved;
        header
    }

    #[test]
    fn a_file_has_checksums_if_its_header_leaves_room_for_them() {
        assert_eq!(PageSums::of(&header(4096, SUM_BYTES)), Some(PageSums { page_size: 4096 }));
        assert_eq!(PageSums::of(&header(1, SUM_BYTES)), Some(PageSums { page_size: 65_536 }));
        for none in [&header(4096, 0)[..], &header(0, SUM_BYTES), &header(4096, SUM_BYTES)[..20], &[]] {
            assert_eq!(PageSums::of(none), None);
        }
    }

    #[test]
    fn a_page_is_right_where_it_was_written_and_as_it_was_written() {
        let sums = PageSums { page_size: 512 };
        let page: Vec<u8> = (0..512).map(|byte| byte as u8).collect();
        let sealed = sums.sealed(&page, 1024).unwrap();
        assert_eq!(sealed[..508], page[..508]);
        assert_eq!(sums.damaged(&sealed, 1024), None);
        assert_eq!(sums.damaged(&sealed, 512), Some(2), "it is page 3");
        for bit in 0..512 * 8 {
            let mut rotten = sealed.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(sums.damaged(&rotten, 1024), Some(3), "bit {bit}");
        }
    }

    #[test]
    fn what_is_no_page_is_left_alone() {
        let sums = PageSums { page_size: 512 };
        for (bytes, at) in [(&[7; 100][..], 0), (&[7; 16], 24), (&[7; 512], 100)] {
            assert_eq!((sums.sealed(bytes, at), sums.damaged(bytes, at)), (None, None));
        }
    }
}
