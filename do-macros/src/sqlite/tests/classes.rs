//! Values of one class, of two, and of a user's own.

use super::schema::{columns, right};
use crate::schema::Class;

/// SQL, and the two classes of its first column.
const MIXED: &[(&str, Class, Class)] = &[
    ("SELECT id FROM room UNION ALL SELECT name FROM room", Class::Integer, Class::Text),
    ("SELECT name FROM room UNION SELECT id FROM room", Class::Text, Class::Integer),
    ("SELECT CASE WHEN at > 1 THEN 1 ELSE 'x' END FROM message", Class::Integer, Class::Text),
    ("SELECT coalesce(topic, id) FROM room", Class::Text, Class::Integer),
    ("SELECT iif(at > 1, file, author) FROM message", Class::Blob, Class::Text),
    ("VALUES (1), ('a'), (2)", Class::Integer, Class::Text),
    ("SELECT max(x) FROM (SELECT id AS x FROM room UNION ALL SELECT name FROM room)", Class::Integer, Class::Text),
];

/// SQL and columns.
const PURE: &[(&str, &str)] = &[
    // An integer is read as a REAL, too.
    ("SELECT id AS n FROM room UNION ALL SELECT score FROM message", "n REAL?"),
    ("SELECT iif(at > 1, 1, 2.5) AS n FROM message", "n REAL"),
    ("SELECT coalesce(score, 0) AS n FROM message", "n REAL"),
    // A number is less than a text.
    ("SELECT min(id, name) AS n FROM room", "n INTEGER"),
    ("SELECT substr(coalesce(topic, id), 1) AS t FROM room", "t TEXT?"),
    ("SELECT sum(x) AS n FROM (SELECT id AS x FROM room UNION ALL SELECT name FROM room)", "n -?"),
    (
        "SELECT 9223372036854775808 AS big, -9223372036854775808 AS least, 0x10 AS hex",
        "big INTEGER, least INTEGER, hex INTEGER",
    ),
    ("SELECT 99999999999999999999 AS n", "n REAL"),
    // The row itself is in the frame.
    ("SELECT sum(at) OVER (ORDER BY at ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n FROM message", "n INTEGER"),
    ("SELECT sum(at) OVER (ORDER BY at ROWS 2 PRECEDING) AS n FROM message", "n INTEGER"),
    ("SELECT sum(at) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS n FROM message", "n INTEGER"),
    ("SELECT sum(at) OVER (ORDER BY at ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS n FROM message", "n INTEGER?"),
    ("SELECT sum(at) OVER (ORDER BY at ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS n FROM message", "n INTEGER?"),
    ("SELECT sum(at) OVER (ORDER BY at ROWS 2 PRECEDING EXCLUDE CURRENT ROW) AS n FROM message", "n INTEGER?"),
    ("SELECT sum(at) OVER w AS n FROM message WINDOW w AS (ORDER BY at)", "n INTEGER"),
    ("SELECT sum(at) OVER w AS n FROM message WINDOW v AS (), w AS (ROWS 2 PRECEDING EXCLUDE TIES)", "n INTEGER?"),
    // Full text.
    (
        "SELECT author, body, rank FROM message_search WHERE message_search MATCH :q",
        "author TEXT, body TEXT, rank REAL",
    ),
    ("SELECT rank FROM message_search(:q)", "rank REAL"),
    ("SELECT rank FROM message_search WHERE body MATCH :q", "rank REAL"),
    ("SELECT rank FROM message_search WHERE rowid = 1", "rank REAL?"),
    ("SELECT * FROM message_search WHERE rowid = 1", "author TEXT, body TEXT"),
    (
        "SELECT snippet(message_search, -1, '[', ']', '…', 8) AS s FROM message_search WHERE message_search MATCH :q",
        "s TEXT",
    ),
    ("SELECT s.body FROM message m LEFT JOIN message_search s ON s.rowid = m.id WHERE m.id = 1", "body TEXT?"),
    // A time that is written out can be read or not, and SQLite knows.
    (
        "SELECT date('now', '-7 days') AS a, strftime('%Y', 'now') AS b, unixepoch() AS c, date('nwo') AS d",
        "a TEXT, b TEXT, c INTEGER, d TEXT?",
    ),
    ("SELECT date(at / 1000, 'unixepoch') AS a, sign(at) AS b FROM message", "a TEXT?, b INTEGER"),
    ("SELECT printf('%s', '') AS a, printf('') AS b, printf(topic) AS c FROM room", "a TEXT, b TEXT, c TEXT?"),
    (
        "SELECT CAST(at AS TEXT) AS a, CAST(score AS INTEGER) AS b, CAST(at AS NUMERIC) AS c FROM message",
        "a TEXT, b INTEGER?, c -",
    ),
    // A text in the place of a table is its name; semicolons may end a statement.
    ("SELECT name FROM 'room';;", "name TEXT"),
];

#[test]
fn what_is_of_two_classes_is_told() {
    for (sql, one, other) in MIXED {
        assert_eq!(right(sql).columns[0].mixed, Some((*one, *other)), "{sql}");
    }
}

#[test]
fn what_is_of_one_class_is_told() {
    for (sql, expected) in PURE {
        let checked = right(sql);
        assert_eq!((columns(&checked).as_str(), checked.columns[0].mixed), (*expected, None), "{sql}");
    }
}

#[test]
fn a_type_of_the_user_is_that_of_its_column() {
    let kind = Some((0, 3));
    for sql in [
        "SELECT kind FROM room",
        "SELECT max(kind) FROM room",
        "SELECT k FROM (SELECT kind AS k FROM room)",
        "SELECT (SELECT kind FROM room WHERE id = 1)",
        "SELECT coalesce(kind, NULL) FROM room",
    ] {
        assert_eq!(right(sql).columns[0].own, kind, "{sql}");
    }
    for sql in ["SELECT kind + 1 FROM room", "SELECT coalesce(kind, 1) FROM room", "SELECT sum(kind) FROM room"] {
        assert_eq!(right(sql).columns[0].own, None, "{sql}");
    }
}

#[test]
fn limit_and_offset_count() {
    let checked = right("SELECT id FROM room WHERE id = :id LIMIT :limit OFFSET :skip");
    let counts: Vec<_> = checked.params.iter().map(|param| (param.name.as_str(), param.count)).collect();
    assert_eq!(counts, [("id", false), ("limit", true), ("skip", true)]);
}
