//! Right statements: what comes out, and what goes in.

use super::schema::{chat, columns, params, right};
use crate::sqlite::{Access, check};

/// SQL, columns, parameters.
const READS: &[(&str, &str, &str)] = &[
    ("SELECT * FROM room", "id INTEGER, name TEXT, topic TEXT?, kind -", ""),
    (
        "SELECT * FROM message WHERE id = :id",
        "id INTEGER, room INTEGER, author TEXT, body TEXT, at INTEGER, reply_to INTEGER?, score REAL?, file BLOB?, mood -?",
        "id INTEGER",
    ),
    ("SELECT r.* FROM room AS r WHERE r.name = :name", "id INTEGER, name TEXT, topic TEXT?, kind -", "name TEXT"),
    ("SELECT rowid, oid FROM room LIMIT 1", "id INTEGER, id INTEGER", ""),
    (
        "SELECT \"key\", \"group\", [from], `größe` FROM \"order\"",
        "key TEXT, group TEXT, from INTEGER?, größe REAL",
        "",
    ),
    ("SELECT count(*) FROM message", "count(*) INTEGER", ""),
    (
        "SELECT count(*) AS n, sum(at) AS s, total(at) AS t, avg(at) AS a, max(at) AS m FROM message",
        "n INTEGER, s INTEGER?, t REAL, a REAL?, m INTEGER?",
        "",
    ),
    (
        "SELECT room, sum(at) AS s, min(author) AS a, max(score) AS m FROM message GROUP BY room",
        "room INTEGER, s INTEGER, a TEXT, m REAL?",
        "",
    ),
    ("SELECT author, count(*) AS n FROM message", "author TEXT?, n INTEGER", ""),
    ("SELECT sum(at) FILTER (WHERE at > 3) AS s FROM message GROUP BY room", "s INTEGER?", ""),
    ("SELECT max(at, id) AS m, max(at, reply_to) AS n FROM message", "m INTEGER, n INTEGER?", ""),
    (
        "SELECT coalesce(topic, '') AS t, coalesce(topic, name) AS u, ifnull(topic, NULL) AS v FROM room",
        "t TEXT, u TEXT, v TEXT?",
        "",
    ),
    (
        "SELECT at + 1 AS a, at / 2 AS b, at % 2 AS c, at * 1.5 AS d, reply_to + 1 AS e, -at AS f FROM message",
        "a INTEGER, b INTEGER?, c INTEGER?, d REAL, e INTEGER?, f INTEGER",
        "",
    ),
    (
        "SELECT author || ': ' || body AS line, author || topic AS half FROM message JOIN room ON room.id = message.room",
        "line TEXT, half TEXT?",
        "",
    ),
    (
        "SELECT topic IS NULL AS a, topic ISNULL AS b, topic NOT NULL AS c, topic IS 'x' AS d, topic = 'x' AS e FROM room",
        "a INTEGER, b INTEGER, c INTEGER, d INTEGER, e INTEGER?",
        "",
    ),
    (
        "SELECT CASE WHEN at > 1 THEN 'late' ELSE author END AS a, CASE at WHEN 1 THEN 'one' END AS b FROM message",
        "a TEXT, b TEXT?",
        "",
    ),
    ("SELECT CASE WHEN at > 1 THEN 1 ELSE 'x' END AS a FROM message", "a -", ""),
    ("SELECT EXISTS (SELECT 1 FROM message WHERE room = :room) AS any_", "any_ INTEGER", "room INTEGER"),
    (
        "SELECT (SELECT author FROM message WHERE id = 1) AS a, (SELECT count(*) FROM room) AS n",
        "a TEXT?, n INTEGER",
        "",
    ),
    (
        "SELECT NULL AS a, 1 AS b, 1.5 AS c, 'x' AS d, x'00' AS e, TRUE AS f, 0x1F AS g, 1e3 AS h",
        "a -?, b INTEGER, c REAL, d TEXT, e BLOB, f INTEGER, g INTEGER, h REAL",
        "",
    ),
    (
        "SELECT CAST(at AS TEXT) AS a, CAST(score AS INTEGER) AS b, CAST(at AS NUMERIC) AS c FROM message",
        "a TEXT, b INTEGER?, c -",
        "",
    ),
    (
        "SELECT length(body) AS a, upper(author) AS b, substr(body, 1, 2) AS c, trim(topic) AS d FROM message, room",
        "a INTEGER, b TEXT, c TEXT, d TEXT?",
        "",
    ),
    (
        "SELECT m.author, r.topic, r.name FROM message m JOIN room r ON r.id = m.room",
        "author TEXT, topic TEXT?, name TEXT",
        "",
    ),
    ("SELECT m.author, r.name FROM message m LEFT JOIN room r ON r.id = m.reply_to", "author TEXT, name TEXT?", ""),
    ("SELECT m.author, r.name FROM message m RIGHT JOIN room r ON r.id = m.room", "author TEXT?, name TEXT", ""),
    ("SELECT m.author, r.name FROM message m FULL OUTER JOIN room r ON r.id = m.room", "author TEXT?, name TEXT?", ""),
    ("SELECT m.author, r.id FROM message m LEFT JOIN room r ON r.id = m.reply_to", "author TEXT, id INTEGER?", ""),
    ("SELECT x.name FROM message m LEFT JOIN (SELECT name, id FROM room) x ON x.id = m.room", "name TEXT?", ""),
    (
        "WITH x AS (SELECT name, id FROM room) SELECT x.name FROM message m LEFT JOIN x ON x.id = m.room",
        "name TEXT?",
        "",
    ),
    ("WITH x AS (SELECT name, id FROM room) SELECT name, id + 1 AS next FROM x", "name TEXT, next INTEGER", ""),
    ("SELECT a.id, b.id AS other FROM room a LEFT JOIN room b ON b.id = a.id + 1", "id INTEGER, other INTEGER?", ""),
    (
        "SELECT r.name, m.user FROM room r LEFT JOIN (member m JOIN message x ON x.room = m.room) ON m.room = r.id",
        "name TEXT, user TEXT?",
        "",
    ),
    ("SELECT name FROM room UNION SELECT topic FROM room", "name TEXT?", ""),
    ("SELECT name FROM room UNION ALL SELECT author FROM message", "name TEXT", ""),
    ("SELECT id FROM room UNION ALL SELECT name FROM room", "id -", ""),
    ("SELECT topic FROM room EXCEPT SELECT name FROM room", "topic TEXT?", ""),
    ("VALUES (1, 'a'), (2, NULL)", "column1 INTEGER, column2 -?", ""),
    (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last) SELECT i FROM n",
        "i INTEGER",
        "last INTEGER",
    ),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS m FROM n", "m INTEGER?", ""),
    (
        "WITH RECURSIVE up(id, parent) AS (SELECT id, reply_to FROM message WHERE id = :id UNION SELECT m.id, m.reply_to FROM message m JOIN up ON m.id = up.parent) SELECT * FROM up",
        "id INTEGER, parent INTEGER?",
        "id INTEGER",
    ),
    ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT NULL FROM n) SELECT i FROM n LIMIT 3", "i -?", ""),
    (
        "SELECT row_number() OVER (ORDER BY id) AS n, lag(author) OVER (ORDER BY id) AS before, sum(at) OVER (PARTITION BY room) AS s FROM message",
        "n INTEGER, before TEXT?, s INTEGER",
        "",
    ),
    (
        "SELECT sum(at) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS s, count(*) OVER w AS n FROM message WINDOW w AS (ORDER BY id)",
        "s INTEGER?, n INTEGER",
        "",
    ),
    (
        "SELECT author AS \"author?\", topic AS \"topic!\" FROM message JOIN room ON room.id = message.room",
        "author TEXT?, topic TEXT",
        "",
    ),
    ("SELECT max(at) AS \"last!\" FROM message", "last INTEGER", ""),
    ("SELECT kind, role, mood FROM room, member, message", "kind -, role -, mood -?", ""),
    ("SELECT max(kind) AS k, coalesce(mood, 1) AS m, kind || 'x' AS t FROM room, message", "k -?, m -, t TEXT?", ""),
    ("SELECT :x AS x, coalesce(:y, 1) AS y", "x -?, y -", "x -, y -"),
    ("SELECT json_extract(body, '$.a') AS a, body ->> '$.b' AS b FROM message", "a -?, b -?", ""),
    ("SELECT value, key, type FROM json_each(:list)", "value -?, key -?, type TEXT", "list -"),
    ("SELECT m.id, j.value FROM message m, json_each(m.body) j", "id INTEGER, value -?", ""),
    ("SELECT rowid FROM message_search WHERE message_search MATCH :q", "rowid INTEGER", "q TEXT"),
    (
        "SELECT m.id, m.body FROM message_search s JOIN message m ON m.id = s.rowid WHERE message_search MATCH :q ORDER BY bm25(message_search) LIMIT 10",
        "id INTEGER, body TEXT",
        "q TEXT",
    ),
    (
        "SELECT highlight(message_search, 1, '<b>', '</b>') AS h, snippet(message_search, 1, '', '', '…', 8) AS s, bm25(message_search) AS r FROM message_search WHERE message_search MATCH :q",
        "h TEXT, s TEXT, r REAL",
        "q TEXT",
    ),
    ("SELECT body FROM message_search(:q) ORDER BY rank", "body TEXT", "q TEXT"),
    ("SELECT id FROM message WHERE id IN (:ids)", "id INTEGER", "ids [INTEGER]"),
    (
        "SELECT id FROM message WHERE author NOT IN (:names) AND room = :room",
        "id INTEGER",
        "names [TEXT], room INTEGER",
    ),
    ("SELECT id FROM message WHERE author IN (:a, :b)", "id INTEGER", "a TEXT, b TEXT"),
    ("SELECT id FROM message WHERE author IN (:a) OR body = :a", "id INTEGER", "a TEXT"),
    ("SELECT id FROM message WHERE at BETWEEN :from AND :to", "id INTEGER", "from INTEGER, to INTEGER"),
    ("SELECT id FROM message WHERE body LIKE :like ESCAPE '!'", "id INTEGER", "like TEXT"),
    ("SELECT id FROM message WHERE body GLOB :glob AND score > :score", "id INTEGER", "glob TEXT, score REAL"),
    ("SELECT id FROM message ORDER BY id LIMIT :limit OFFSET :skip", "id INTEGER", "limit INTEGER, skip INTEGER"),
    ("SELECT id FROM message LIMIT :skip, :limit", "id INTEGER", "skip INTEGER, limit INTEGER"),
    ("SELECT id FROM message WHERE (room, at) > (:room, :at)", "id INTEGER", "room INTEGER, at INTEGER"),
    ("SELECT id FROM message WHERE at > :x OR author = :x", "id INTEGER", "x -"),
    ("SELECT id FROM message WHERE :room = room AND mood = :mood", "id INTEGER", "room INTEGER, mood -"),
    ("SELECT id FROM message WHERE file IS :file", "id INTEGER", "file BLOB"),
    ("SELECT id FROM message WHERE length(body) > :n", "id INTEGER", "n INTEGER"),
    ("SELECT name FROM room WHERE id IN (SELECT room FROM member WHERE user = :user)", "name TEXT", "user TEXT"),
    (
        "SELECT name FROM room r WHERE EXISTS (SELECT 1 FROM member WHERE room = r.id AND user = :user)",
        "name TEXT",
        "user TEXT",
    ),
    (
        "SELECT room, count(*) AS n FROM message GROUP BY room HAVING count(*) > :least",
        "room INTEGER, n INTEGER",
        "least INTEGER",
    ),
    ("SELECT DISTINCT author FROM message WHERE room = :room", "author TEXT", "room INTEGER"),
    (
        "SELECT user, nick FROM member WHERE room = :room AND user = :user",
        "user TEXT, nick TEXT?",
        "room INTEGER, user TEXT",
    ),
    (
        "SELECT 'größe' AS \"größe\", 'it''s :no ?' AS text -- :comment ?1\n FROM room /* ; DROP */ WHERE id = :id;",
        "größe TEXT, text TEXT",
        "id INTEGER",
    ),
    ("SELECT\n\t\tid,\n\t\tname\n\tFROM\n\t\troom\n\tWHERE name = :größe", "id INTEGER, name TEXT", "größe TEXT"),
    ("SELECT id FROM message WHERE at = '5' AND author = 5", "id INTEGER", ""),
    ("SELECT id FROM message WHERE at < current_timestamp", "id INTEGER", ""),
    ("SELECT random() AS r, date('now') AS d, unixepoch() AS u", "r INTEGER, d TEXT, u INTEGER", ""),
    (
        "SELECT format('%s!', topic) AS a, format(topic, 1) AS b, date(at) AS c FROM room, message",
        "a TEXT, b TEXT?, c TEXT?",
        "",
    ),
    ("SELECT a.author FROM message a JOIN message b USING (room) WHERE b.id = :id", "author TEXT", "id INTEGER"),
    (
        "SELECT * FROM member JOIN room r ON r.id = member.room WHERE member.user = 'ann'",
        "room INTEGER, user TEXT, role -, joined INTEGER, nick TEXT?, id INTEGER, name TEXT, topic TEXT?, kind -",
        "",
    ),
    ("SELECT group_concat(author, ', ') AS all_, json_group_array(author) AS j FROM message", "all_ TEXT?, j TEXT", ""),
    ("SELECT author COLLATE NOCASE AS a FROM message ORDER BY author COLLATE NOCASE LIMIT 1", "a TEXT", ""),
    (
        "SELECT iif(at > 1, 'a', 'b') AS a, nullif(author, '') AS b, min(at, 5) AS c FROM message",
        "a TEXT, b TEXT?, c INTEGER",
        "",
    ),
    (
        "SELECT m.id FROM message m WHERE (SELECT count(*) FROM member WHERE room = m.room) > :n",
        "id INTEGER",
        "n INTEGER",
    ),
    (
        "SELECT name FROM room WHERE id = :id UNION ALL SELECT (SELECT topic FROM room WHERE id = :id) ORDER BY 1",
        "name TEXT?",
        "id INTEGER",
    ),
    ("SELECT count(*) AS n FROM (SELECT DISTINCT author FROM message WHERE room = :room)", "n INTEGER", "room INTEGER"),
    ("SELECT id FROM room NATURAL JOIN (SELECT id FROM message)", "id INTEGER", ""),
    ("SELECT id FROM message WHERE score IS NOT DISTINCT FROM :score", "id INTEGER", "score REAL"),
    ("SELECT id FROM message WHERE NOT author = :a AND -at < :t", "id INTEGER", "a TEXT, t INTEGER"),
    (
        "SELECT max(at) OVER (ORDER BY id) AS m, coalesce(max(at), 0) AS n FROM message GROUP BY id",
        "m INTEGER, n INTEGER",
        "",
    ),
    (
        "SELECT (SELECT max(at) FROM message) AS m, (SELECT 1) AS one, NOT EXISTS (SELECT 1 FROM room) AS none",
        "m INTEGER?, one INTEGER, none INTEGER",
        "",
    ),
    (
        "SELECT author, (SELECT name FROM room WHERE room.id = message.room) AS room FROM message WHERE id = 1",
        "author TEXT, room TEXT?",
        "",
    ),
    ("SELECT main.room.name FROM main.room WHERE main.room.id = :id", "name TEXT", "id INTEGER"),
    ("SELECT name FROM room WHERE (id, name) IN (VALUES (1, 'a'))", "name TEXT", ""),
    ("SELECT soundslike.id FROM (SELECT id FROM room) AS soundslike", "id INTEGER", ""),
];

const WRITES: &[(&str, &str, &str)] = &[
    ("INSERT INTO room (name, kind) VALUES (:name, :kind)", "", "name TEXT, kind -"),
    (
        "INSERT INTO room VALUES (NULL, :name, :topic, :kind) RETURNING id, topic",
        "id INTEGER, topic TEXT?",
        "name TEXT, topic TEXT, kind -",
    ),
    (
        "INSERT INTO message (room, author, body) VALUES (:room, :author, :body) RETURNING *",
        "id INTEGER, room INTEGER, author TEXT, body TEXT, at INTEGER, reply_to INTEGER?, score REAL?, file BLOB?, mood -?",
        "room INTEGER, author TEXT, body TEXT",
    ),
    (
        "INSERT INTO message (room, author, body) SELECT :room, author, body FROM message WHERE id = :id",
        "",
        "room INTEGER, id INTEGER",
    ),
    (
        "INSERT INTO member (room, user, role) VALUES (:room, :user, :role) ON CONFLICT (room, user) DO UPDATE SET role = excluded.role, joined = :now WHERE joined < :now RETURNING joined",
        "joined INTEGER",
        "room INTEGER, user TEXT, role -, now INTEGER",
    ),
    ("INSERT OR IGNORE INTO member (room, user, role) VALUES (1, 'a', 2)", "", ""),
    ("REPLACE INTO room (id, name, kind) VALUES (:id, :name, 1)", "", "id INTEGER, name TEXT"),
    ("INSERT INTO member (room, user, role) VALUES (:r, :u, 1) ON CONFLICT DO NOTHING", "", "r INTEGER, u TEXT"),
    ("UPDATE message SET body = :body WHERE id = :id", "", "body TEXT, id INTEGER"),
    (
        "UPDATE message SET (body, at) = (:body, :at) WHERE id = :id RETURNING at",
        "at INTEGER",
        "body TEXT, at INTEGER, id INTEGER",
    ),
    (
        "UPDATE message AS m SET body = r.name FROM room AS r WHERE r.id = m.room AND m.id = :id RETURNING id",
        "id INTEGER",
        "id INTEGER",
    ),
    ("UPDATE message SET reply_to = NULL, score = 1, author = 5 WHERE id IN (:ids)", "", "ids [INTEGER]"),
    ("DELETE FROM message WHERE id = :id RETURNING author, length(body) AS n", "author TEXT, n INTEGER", "id INTEGER"),
    ("DELETE FROM member WHERE room = :room", "", "room INTEGER"),
    (
        "WITH old AS (SELECT id FROM message WHERE room = :room) DELETE FROM message WHERE id IN (SELECT id FROM old)",
        "",
        "room INTEGER",
    ),
    ("INSERT INTO \"order\" (\"key\", \"group\", größe) VALUES (:key, 'a', 2)", "", "key TEXT"),
];

fn agree(cases: &[(&str, &str, &str)], access: Access) {
    let mut wrong = Vec::new();
    for (sql, expected_columns, expected_params) in cases {
        match check(&chat(), sql) {
            Err(message) => wrong.push(format!("{sql}\n  refused: {message}")),
            Ok(checked) => {
                let found = (columns(&checked), params(&checked), checked.access);
                if found != ((*expected_columns).to_owned(), (*expected_params).to_owned(), access) {
                    wrong.push(format!("{sql}\n  found {found:?}\n  wants {expected_columns:?} {expected_params:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn reads_tell_their_columns_and_parameters() {
    agree(READS, Access::Reads);
}

#[test]
fn writes_tell_what_they_return_and_take() {
    agree(WRITES, Access::Writes);
}

#[test]
fn each_place_of_a_parameter_is_told() {
    let sql = "SELECT 'ü:x', id FROM room WHERE name = :x OR topic = :x";
    let checked = right(sql);
    let places: Vec<&str> = checked.params[0].places.iter().map(|at| &sql[*at..at + 2]).collect();
    assert_eq!((checked.params.len(), places), (1, vec![":x", ":x"]));
}

#[test]
fn a_direct_column_tells_its_origin() {
    let checked = right("WITH m AS (SELECT body, at FROM message) SELECT m.body, at + 1, r.kind FROM m, room r");
    let origins: Vec<_> = checked.columns.iter().map(|column| column.origin).collect();
    assert_eq!(origins, [Some((1, 3)), None, Some((0, 3))]);
}

#[test]
fn a_column_quotes_its_line() {
    let checked = right("SELECT id,\n    length('ü'), topic FROM room");
    assert_eq!(checked.columns[2].excerpt, "  length('ü'), topic FROM room\n               ^^^^^");
}

#[test]
fn a_statement_too_deep_to_follow_is_accepted() {
    let sum = vec!["at"; 900].join(" + ");
    let checked = right(&format!("SELECT {sum} AS n FROM message LIMIT :n"));
    assert_eq!((columns(&checked), params(&checked)), ("n -?".to_owned(), "n -".to_owned()));
    let parentheses = format!("{}1{}", "(".repeat(90), ")".repeat(90));
    right(&format!("SELECT {parentheses} AS n"));
}

#[test]
fn kept_schemas_answer_three_hundred_checks_quickly() {
    let schema = chat();
    let tables = crate::schema::Schema { object: schema.object, tables: schema.tables[..2].to_vec() };
    let began = std::time::Instant::now();
    for number in 0..300 {
        let sql = format!("SELECT id, body, length(author) AS n FROM message WHERE id = :id LIMIT {number}");
        assert!(check(&tables, &sql).is_ok());
    }
    // Many times what it takes: only a lost cache fails here.
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}
