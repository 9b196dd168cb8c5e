//! A template image as one value: its pages one after another, each with its length before it, and a checksum.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::page_code;
use super::trouble::Trouble;
use crate::image::Page;
use crate::journal::TemplateId;

pub(super) const SCHEMA: &str =
    "CREATE TABLE templates (id BLOB PRIMARY KEY, pages BLOB NOT NULL, sum INTEGER NOT NULL) STRICT;";

/// The pages of a template.
pub(super) type Template = Arc<[Arc<Page>]>;

/// Keeps a template in the table `templates`.
pub(super) fn write(connection: &Connection, id: TemplateId, pages: &[Arc<Page>]) -> Result<(), Trouble> {
    let (stored, sum) = encode(id, pages);
    connection.execute("INSERT OR REPLACE INTO templates VALUES (?1, ?2, ?3)", params![id.0, stored, sum])?;
    Ok(())
}

/// All templates of the table `templates`, each with its pages unless they are damaged.
pub(super) fn read_all(connection: &Connection) -> Result<Vec<(TemplateId, Option<Template>)>, Trouble> {
    let mut statement = connection.prepare("SELECT id, pages, sum FROM templates ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let id = TemplateId(row.get(0)?);
        all.push((id, decode(id, row.get_ref(1)?.as_blob().unwrap_or_default(), row.get(2)?)));
    }
    Ok(all)
}

/// The stored form and its checksum.
pub(super) fn encode(id: TemplateId, pages: &[Arc<Page>]) -> (Vec<u8>, u32) {
    let (mut stored, mut one) = (Vec::new(), Vec::new());
    for page in pages {
        page_code::encode(page, &mut one);
        // A stored page has at most 4,096 bytes.
        stored.extend_from_slice(&(one.len() as u16).to_le_bytes());
        stored.extend_from_slice(&one);
    }
    let sum = checksum(id, &stored);
    (stored, sum)
}

/// The pages, unless the checksum or the form is wrong.
pub(super) fn decode(id: TemplateId, mut stored: &[u8], sum: i64) -> Option<Template> {
    if i64::from(checksum(id, stored)) != sum {
        return None;
    }
    let mut pages = Vec::new();
    while !stored.is_empty() {
        let (len, rest) = stored.split_first_chunk::<2>()?;
        let (one, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
        pages.push(Arc::new(page_code::decode(one)?));
        stored = rest;
    }
    Some(pages.into())
}

pub(super) fn checksum(id: TemplateId, stored: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&id.0);
    sum.update(stored);
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::PAGE;

    #[test]
    fn a_template_comes_back_as_it_was_or_not_at_all() {
        let id = TemplateId([3; 16]);
        let pages: Vec<Arc<Page>> = [1, 0, 7].map(|byte| Arc::new([byte; PAGE])).into();
        let (mut stored, sum) = encode(id, &pages);
        assert_eq!(decode(id, &stored, sum.into()).as_deref(), Some(&pages[..]));
        assert!(decode(TemplateId([4; 16]), &stored, sum.into()).is_none(), "of another template");
        for bit in 0..stored.len() * 8 {
            stored[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(id, &stored, sum.into()).is_none(), "bit {bit}");
            stored[bit / 8] ^= 1 << (bit % 8);
        }
        for length in 0..stored.len() {
            assert!(decode(id, &stored[..length], sum.into()).is_none(), "{length} bytes of it");
        }
    }
}
