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

/// The head of an object, there and back; and with each of its columns changed to something else. A value of the table
/// `meta` too.
pub(crate) fn head(input: &[u8]) {
    thread_local! {
        static CONNECTION: Connection = connection().expect("a database in memory can be made");
    }
    let mut input = Input::new(input);
    CONNECTION.with(|connection| {
        connection.execute_batch("DELETE FROM heads; DELETE FROM meta").expect("tables can be emptied");
        columns(connection, &mut input).expect("rows can be written and read");
        let key = input.text(8);
        meta::put(connection, &key, input.rest()).expect("a value can be put");
        let value = meta::get(connection, &key).expect("what was put is whole").unwrap_or_default();
        connection.execute("UPDATE meta SET value = ?1", [value]).expect("a value can be changed");
        let _ = (meta::get(connection, &key), meta::get_number(connection, &key));
    });
}

/// A database whose columns take values of any type.
fn connection() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    let any = format!("{} {}", head_row::SCHEMA, meta::SCHEMA).replace(") STRICT, ", ") ").replace(") STRICT;", ");");
    connection.execute_batch(&any)?;
    Ok(connection)
}

fn columns(connection: &Connection, input: &mut Input<'_>) -> rusqlite::Result<()> {
    const COLUMNS: [&str; 14] = [
        "handle",
        "id",
        "class",
        "name",
        "sequence",
        "applied",
        "pages",
        "template",
        "template_pages",
        "own",
        "next_alarm",
        "last_used",
        "deleted",
        "sum",
    ];
    let head = any_head(input);
    for column in COLUMNS {
        connection.execute("DELETE FROM heads", [])?;
        head.write(connection)?;
        let read = connection.query_row(head_row::SELECT, [head.object.as_bytes()], |row| Ok(HeadRow::read(row)))?;
        assert_eq!(read.as_ref(), Some(&head));
        let value = any_value(input);
        let (sql, params) = (format!("UPDATE OR IGNORE heads SET {column} = ?1 WHERE {column} IS NOT ?1"), [&value]);
        // What must be there, and a handle that is no integer, SQLite refuses by itself.
        if connection.execute(&sql, params_from_iter(params)).unwrap_or(0) == 0 {
            continue;
        }
        let changed = connection.query_row("SELECT * FROM heads", [], |row| Ok(HeadRow::read(row)))?;
        // Any number but 0 says that the object is deleted.
        assert!(
            changed.is_none() || changed == Some(head.clone()) && column == "deleted",
            "{column} was changed unseen"
        );
    }
    Ok(())
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
