//! Rows of the store that may hold anything.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::head_row::{self, HeadRow};
use super::page_store::Head;
use super::{meta, page_code, template_code};
use crate::fuzzing::Input;
use crate::image::PAGE;
use crate::journal::{ClassTag, LogPosition, TemplateId};
use crate::{ObjectId, Timestamp};

/// A stored page.
pub(crate) fn page(input: &[u8]) {
    let mut stored = Vec::new();
    if let Some(page) = page_code::decode(input) {
        page_code::encode(&page, &mut stored);
        assert!(stored.len() <= PAGE);
        assert_eq!(page_code::decode(&stored), Some(page));
    }
    let mut page = [0; PAGE];
    let mut input = Input::new(input);
    while !input.is_empty() {
        let (at, bytes) = (input.below(PAGE), input.below(700));
        let bytes = input.slice(bytes);
        let end = (at + bytes.len()).min(PAGE);
        page[at..end].copy_from_slice(&bytes[..end - at]);
    }
    page_code::encode(&page, &mut stored);
    assert_eq!(page_code::decode(&stored), Some(page));
}

/// A template whose checksum is right.
pub(crate) fn template(input: &[u8]) {
    let id = TemplateId([3; 16]);
    let sum = template_code::checksum(id, input);
    assert!(template_code::decode(id, input, i64::from(!sum)).is_none());
    let Some(pages) = template_code::decode(id, input, i64::from(sum)) else { return };
    assert!(pages.len() <= input.len() / 4 + 1, "a page takes four bytes at least");
    let (stored, sum) = template_code::encode(id, &pages);
    assert_eq!(template_code::decode(id, &stored, i64::from(sum)), Some(pages));
}

/// The head of an object, from columns of any type; and one of any numbers, there and back. A value of the table `meta` too.
pub(crate) fn head(input: &[u8]) {
    let mut input = Input::new(input);
    let connection = Connection::open_in_memory().expect("a database in memory can be opened");
    let schema = format!("{} {}", head_row::SCHEMA, meta::SCHEMA);
    connection.execute_batch(&schema).expect("the schema is SQL");
    let head = any_head(&mut input);
    head.write(&connection).expect("a head can be written");
    let read = |connection: &Connection| {
        let read = connection.query_row(head_row::SELECT, [head.object.as_bytes()], |row| Ok(HeadRow::read(row)));
        read.expect("the row is there")
    };
    assert_eq!(read(&connection), Some(head.clone()));

    // The same row with one column of another value, and in a table that takes any.
    let columns: Vec<String> = connection
        .prepare("SELECT name FROM pragma_table_info('heads')")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .expect("the columns can be listed");
    let column = &columns[input.below(columns.len())];
    connection
        .execute_batch("CREATE TABLE any AS SELECT * FROM heads; DROP TABLE heads; ALTER TABLE any RENAME TO heads")
        .expect("the table can be replaced");
    let value = any_value(&mut input);
    let same: bool = connection
        .query_row(&format!("SELECT {column} IS ?1 FROM heads"), params_from_iter([&value]), |row| row.get(0))
        .expect("a column can be compared");
    connection
        .execute(&format!("UPDATE heads SET {column} = ?1"), params_from_iter([&value]))
        .expect("a column can be changed");
    let changed = connection.query_row("SELECT * FROM heads", [], |row| Ok(HeadRow::read(row)));
    // A checksum may agree by chance, yet not for what a short input says.
    if let Some(changed) = changed.expect("the row is there") {
        assert!(same || column == "deleted", "{column} was changed unseen: {changed:?}");
    }

    let key = input.text(8);
    meta::put(&connection, &key, input.rest()).expect("a value can be put");
    let value = meta::get(&connection, &key).expect("what was put is whole");
    connection.execute("UPDATE meta SET value = ?1", [value.unwrap_or_default()]).expect("a value can be changed");
    let _ = meta::get(&connection, &key);
    let _ = meta::get_number(&connection, &key);
}

fn any_head(input: &mut Input<'_>) -> HeadRow {
    let flags = input.byte();
    let name = input.text(20);
    let own = input.below(20);
    HeadRow {
        handle: input.number() as u32 & 0x7fff_ffff,
        object: ObjectId([input.byte(); 32]),
        head: Head {
            class: ClassTag(input.number()),
            name: (flags & 1 != 0).then(|| Arc::from(name.as_str())),
            sequence: input.number(),
            applied: LogPosition(input.number()),
            pages: input.number() as u32,
            template: (flags & 2 != 0).then(|| TemplateId(input.array())),
            next_alarm: (flags & 4 != 0).then(|| Timestamp::from_millis(input.number() as i64)),
            last_used: Timestamp::from_millis(input.number() as i64),
            deleted: flags & 8 != 0,
        },
        template_pages: input.number() as u32,
        own: input.slice(own).to_vec(),
    }
}

fn any_value(input: &mut Input<'_>) -> Value {
    let length = input.below(40);
    match input.byte() % 5 {
        0 => Value::Null,
        1 => Value::Integer(input.number() as i64),
        2 => Value::Real(input.number() as f64),
        3 => Value::Text(input.text(length)),
        _ => Value::Blob(input.slice(length).to_vec()),
    }
}
