//! Reads of whole tables, and the index that is proposed.

use super::schema::{chat, right};
use crate::sqlite::check;

/// SQL, table, proposal.
const SCANS: &[(&str, &str, &str)] = &[
    ("SELECT * FROM message", "message", "no index can help: add a LIMIT, or write"),
    ("SELECT count(*) FROM message", "message", "no index can help"),
    ("SELECT count(*) FROM message LIMIT 1", "message", "no index can help"),
    ("SELECT sum(at) FROM message", "message", "no index can help"),
    ("SELECT * FROM message WHERE author = :a", "message", "`index = author` to `#[table]` of `Message`"),
    (
        "SELECT * FROM message WHERE author = :a ORDER BY at DESC",
        "message",
        "`index = (author, at desc)` to `#[table]` of `Message`",
    ),
    ("SELECT * FROM message WHERE author = :a AND at > :t", "message", "`index = (author, at)`"),
    ("SELECT * FROM message WHERE author = :a AND at BETWEEN :s AND :t", "message", "`index = (author, at)`"),
    ("SELECT * FROM message WHERE at > :t", "message", "`index = at`"),
    ("SELECT * FROM message WHERE author = :a AND body = :b", "message", "`index = (author, body)`"),
    ("SELECT * FROM message WHERE author = :a ORDER BY id DESC", "message", "`index = author`"),
    ("SELECT * FROM message ORDER BY at DESC LIMIT 10", "message", "`index = at`"),
    ("SELECT * FROM message ORDER BY author, at DESC LIMIT 10", "message", "`index = (author, at desc)`"),
    ("SELECT * FROM message ORDER BY length(body) LIMIT 10", "message", "no index can help"),
    ("SELECT * FROM message WHERE author IN (:names)", "message", "`index = author`"),
    ("SELECT * FROM message m WHERE m.author = :a", "message", "`index = author` to `#[table]` of `Message`"),
    ("SELECT max(at) FROM message", "message", "`index = at`"),
    ("SELECT min(author) FROM message", "message", "`index = author`"),
    ("SELECT author, count(*) FROM message GROUP BY author", "message", "no index can help"),
    ("SELECT author, count(*) FROM message GROUP BY author LIMIT 5", "message", "`index = author`"),
    ("SELECT DISTINCT author FROM message", "message", "no index can help"),
    ("SELECT * FROM message WHERE author = :a OR body = :b", "message", "`index = author` and `index = body`"),
    ("SELECT * FROM message WHERE length(body) > 5", "message", "no index can help"),
    ("SELECT * FROM message WHERE author LIKE '%x%'", "message", "no index can help"),
    ("SELECT * FROM message WHERE reply_to IS NULL", "message", "`index = reply_to`"),
    ("SELECT * FROM message WHERE author COLLATE NOCASE = :a", "message", "no index can help"),
    ("SELECT * FROM room WHERE topic = :t", "room", "`index = topic` to `#[table]` of `Room`"),
    ("SELECT id FROM room", "room", "no index can help"),
    ("SELECT * FROM member WHERE user = :u", "member", "`index = user` to `#[table]` of `Member`"),
    ("SELECT * FROM member WHERE user = :u ORDER BY joined DESC", "member", "`index = (user, joined desc)`"),
    (
        "SELECT r.name FROM room r JOIN member m ON m.room = r.id WHERE m.user = :u",
        "member",
        "`index = user` to `#[table]` of `Member`",
    ),
    ("SELECT m.id FROM room r JOIN message m ON m.author = r.topic WHERE r.id = :id", "message", "`index = author`"),
    ("SELECT name FROM room WHERE id IN (SELECT room FROM message WHERE author = :a)", "message", "`index = author`"),
    (
        "SELECT name, (SELECT count(*) FROM message WHERE author = r.topic) AS n FROM room r WHERE id = 1",
        "message",
        "`index = author`",
    ),
    ("WITH late AS (SELECT * FROM message WHERE at > :t) SELECT id FROM late", "message", "`index = at`"),
    ("SELECT name FROM room UNION SELECT author FROM message LIMIT 3", "room", "no index can help"),
    ("SELECT * FROM \"order\" WHERE \"group\" = :g", "order", "`index = group` to `#[table]` of `Order`"),
    ("SELECT * FROM \"order\" WHERE \"from\" > 3 AND \"group\" = 'a'", "order", "`index = (group, from)`"),
    ("UPDATE message SET score = 1", "message", "no index can help: write `allow(scan, \"reason\")` after the SQL"),
    ("UPDATE message SET score = 1 WHERE author = :a", "message", "`index = author`"),
    ("DELETE FROM message WHERE at < :t", "message", "`index = at`"),
    ("DELETE FROM member WHERE user = :u AND joined < :t", "member", "`index = (user, joined)`"),
    ("INSERT INTO room (name, kind) SELECT author, 1 FROM message WHERE at > :t", "message", "`index = at`"),
    (
        "SELECT id FROM message WHERE author = (SELECT user FROM member WHERE nick = :n ORDER BY joined LIMIT 1) LIMIT 1",
        "member",
        "`index = (nick, joined)`",
    ),
    (
        "SELECT * FROM message WHERE id IN (SELECT reply_to FROM message WHERE author = :a)",
        "message",
        "`index = author`",
    ),
    // What helps where no index does.
    (
        "SELECT count(*) FROM message",
        "message",
        "no index can help: narrow it with a WHERE on a column that has an index",
    ),
    (
        "SELECT author FROM message ORDER BY author",
        "message",
        "add a LIMIT, and add `index = author` to `#[table]` of `Message`",
    ),
    ("SELECT author FROM message GROUP BY author", "message", "add a LIMIT, and add `index = author`"),
    ("SELECT DISTINCT author FROM message", "message", "no index can help: add a LIMIT, or write"),
    (
        "SELECT id FROM message WHERE body LIKE 'a%'",
        "message",
        "no index can help with a pattern of `body`: find its words with `search = body` and MATCH, or add a LIMIT, or write",
    ),
    (
        "SELECT count(*) FROM message WHERE length(body) > 4",
        "message",
        "no index can help with what is computed of a column: keep it in a column of its own with an index, or write",
    ),
    ("SELECT id FROM message WHERE at / 1000 = 5", "message", "what is computed of a column"),
    ("DELETE FROM message WHERE lower(author) = 'a'", "message", "what is computed of a column"),
    ("SELECT id FROM message WHERE score", "message", "write `score = TRUE`, and add an index for it"),
    ("SELECT id FROM message WHERE NOT score", "message", "write `score = FALSE`, and add an index for it"),
    ("SELECT name FROM room UNION SELECT author FROM message", "room", "narrow it with a WHERE"),
    ("UPDATE message SET score = 1;", "message", "no index can help: write `allow(scan, \"reason\")` after the SQL"),
    ("DELETE FROM message", "message", "no index can help: write `allow(scan, \"reason\")`"),
];

const NO_SCANS: &[&str] = &[
    "SELECT * FROM message LIMIT 10",
    "SELECT * FROM message ORDER BY id DESC LIMIT :limit",
    "SELECT * FROM message WHERE id = :id",
    "SELECT * FROM message WHERE room = :room ORDER BY at DESC",
    "SELECT count(*) FROM message WHERE room = :room",
    "SELECT max(id) FROM message",
    "SELECT max(at) FROM message WHERE room = :room",
    "SELECT min(rowid) FROM member",
    "SELECT * FROM room WHERE name = :name",
    "SELECT * FROM member WHERE room = :room AND user = :user",
    "SELECT rowid FROM message_search WHERE message_search MATCH :q",
    "SELECT m.* FROM message_search s JOIN message m ON m.id = s.rowid WHERE message_search MATCH :q ORDER BY rank",
    "SELECT value FROM json_each(:list)",
    "SELECT m.id FROM json_each(:ids) j JOIN message m ON m.id = j.value",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT i FROM n",
    "VALUES (1), (2)",
    "SELECT EXISTS (SELECT 1 FROM message)",
    "SELECT (SELECT id FROM message ORDER BY id DESC)",
    "SELECT r.name, m.body FROM room r JOIN message m ON m.room = r.id LIMIT 10",
    "SELECT * FROM (SELECT * FROM message) LIMIT 5",
    "SELECT room, count(*) FROM message GROUP BY room LIMIT 5",
    "SELECT author FROM message UNION ALL SELECT name FROM room LIMIT 5",
    "INSERT INTO room (name, kind) VALUES ('a', 1)",
    "UPDATE message SET score = 1 WHERE id = 1",
    "DELETE FROM message WHERE room = :room",
    "DELETE FROM member",
];

#[test]
fn whole_reads_propose_an_index() {
    let mut wrong = Vec::new();
    for (sql, table, expected) in SCANS {
        let begin = format!("this query reads every row of `{table}`; ");
        match check(&chat(), sql).map(|checked| checked.scan) {
            Ok(Some(scan)) if scan.starts_with(&begin) && scan.contains(expected) => {}
            other => wrong.push(format!("{sql}\n  says {other:?}\n  wants {table} {expected:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), SCANS.len(), wrong.join("\n"));
}

#[test]
fn an_index_is_proposed_by_the_fields_of_the_table() {
    let mut schema = chat();
    schema.tables[1].columns[2].field = Some("writer".to_owned());
    schema.tables[1].columns[3].field = None;
    let scan = |sql: &str| check(&schema, sql).ok().and_then(|checked| checked.scan).unwrap_or_default();
    let both = scan("SELECT id FROM message WHERE author = :author ORDER BY at DESC");
    assert!(both.contains("add `index = (writer, at desc)` to `#[table]` of `Message`"), "{both}");
    let json = scan("SELECT id FROM message WHERE body = :body");
    assert!(json.contains("no index can help"), "a column of JSON can't be indexed: {json}");
}

#[test]
fn what_stops_early_is_no_scan() {
    let wrong: Vec<_> =
        NO_SCANS.iter().filter_map(|sql| right(sql).scan.map(|scan| format!("{sql}\n  {scan}"))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_whole_warning_is_one_sentence() {
    let scan = right("SELECT id FROM message WHERE author = :author ORDER BY at DESC").scan;
    let expected = "this query reads every row of `message`; add `index = (author, at desc)` to `#[table]` of `Message`, \
                    or write `allow(scan, \"reason\")` after the SQL";
    assert_eq!(scan.as_deref(), Some(expected));
}
