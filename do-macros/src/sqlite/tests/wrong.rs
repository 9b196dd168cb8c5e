//! Wrong statements, and what is said of them.

use super::schema::chat;
use crate::sqlite::check;

const WRONG: &[(&str, &str)] = &[
    // Names.
    (
        "SELECT auhtor FROM message LIMIT 1",
        "no such column: auhtor\n  SELECT auhtor FROM message LIMIT 1\n         ^^^^^^ did you mean `author`?",
    ),
    ("SELECT m.auhtor FROM message m", "^^^^^^ did you mean `author`?"),
    (
        "SELECT author FROM mesage",
        "no such table: mesage\n  SELECT author FROM mesage\n                     ^^^^^^ did you mean `message`?",
    ),
    ("SELECT * FROM zebra", "^^^^^ `Chat` has `room`, `message`, `member` and `order`"),
    ("SELECT * FROM mesage_search", "did you mean `message_search`?"),
    ("SELECT topic FROM message", "^^^^^ it is a column of `room`"),
    ("SELECT x.id FROM message m", "no such column: x.id"),
    ("SELECT id FROM message JOIN room ON room.id = message.room", "ambiguous column name: id\n"),
    ("SELECT id FROM message JOIN room ON room.id = message.room", "^^ write `room.id` or `message.id`"),
    ("SELECT lenght(body) FROM message", "no such function: lenght\n"),
    ("SELECT lenght(body) FROM message", "^^^^^^ did you mean `length`?"),
    ("SELECT coalsece(topic, '') FROM room", "did you mean `coalesce`?"),
    ("SELECT frobnicate(topic) FROM room", "no such function: frobnicate"),
    ("SELECT zzz FROM room", "^^^ `room` has `id`, `name`, `topic` and `kind`"),
    ("SELECT id FROM room WHERE nmae = :name", "^^^^ did you mean `name`?"),
    ("SELECT id FROM room ORDER BY nmae", "^^^^ did you mean `name`?"),
    ("SELECT id FROM room GROUP BY nmae", "^^^^ did you mean `name`?"),
    ("INSERT INTO room (nmae, kind) VALUES (:name, 1)", "table room has no column named nmae\n"),
    ("INSERT INTO room (nmae, kind) VALUES (:name, 1)", "^^^^ did you mean `name`?"),
    ("UPDATE room SET nmae = 'x' WHERE id = 1", "^^^^ did you mean `name`?"),
    ("UPDATE rooms SET name = 'x' WHERE id = 1", "^^^^^ did you mean `room`?"),
    ("DELETE FROM rom WHERE id = 1", "did you mean `room`?"),
    ("DELETE FROM room WHERE id = 1 RETURNING nmae", "did you mean `name`?"),
    (
        "INSERT INTO member (room, user, role) VALUES (1, 'a', 1) ON CONFLICT (room, user) DO UPDATE SET rloe = 1",
        "did you mean `role`?",
    ),
    (
        "INSERT INTO member (room, user, role) VALUES (1, 'a', 1) ON CONFLICT (user) DO NOTHING",
        "ON CONFLICT clause does not match",
    ),
    // Text in double quotes.
    ("SELECT id FROM room WHERE name = \"ann\"", "write 'ann' for a text: double quotes are for names"),
    ("SELECT id FROM room WHERE name = \"lobby 1\"", "^^^^^^^^^ write 'lobby 1' for a text"),
    ("SELECT id FROM room WHERE name = \"it's\"", "write 'it''s' for a text"),
    ("SELECT \"nmae\" FROM room", "did you mean `name`?"),
    // Syntax.
    ("SELCT id FROM room", "^^^^^ did you mean `SELECT`?"),
    ("SELECT id FORM room", "^^^^ did you mean `FROM`?"),
    ("SELECT id FROM room WHER id = 1", "^^^^ did you mean `WHERE`?"),
    ("SELECT id FROM room ODER BY id", "^^^^ did you mean `ORDER`?"),
    ("SELECT id FROM room ORDER BY id LIMT 1", "^^^^ did you mean `LIMIT`?"),
    ("INSRT INTO room (name) VALUES ('a')", "^^^^^ did you mean `INSERT`?"),
    ("INSERT INTO room (name, kind) VALEUS ('a', 1)", "^^^^^^ did you mean `VALUES`?"),
    ("UPDTE room SET name = 'a'", "did you mean `UPDATE`?"),
    ("DELET FROM room", "did you mean `DELETE`?"),
    ("UPDATE room STE name = 'a'", "did you mean `SET`?"),
    ("DELETE FROM room RETURNNG id", "did you mean `RETURNING`?"),
    ("SELECT room, count(*) FROM message GRUOP BY room", "did you mean `GROUP`?"),
    ("SELECT id FROM room WHERE name LIEK 'a'", "did you mean `LIKE`?"),
    ("SELECT id FROM", "the statement ends too early"),
    ("SELECT id FROM room WHERE (id = 1", "the statement ends too early"),
    ("SELECT , id FROM room", "near \",\": syntax error\n  SELECT , id FROM room\n         ^"),
    ("SELECT id FROM room WHERE id = = 1", "syntax error"),
    ("SELECT id name x FROM room", "syntax error"),
    ("SELECT id FROM room WHERE name = 'open", "unrecognized token"),
    ("SELECT * FROM order", "near \"order\": syntax error"),
    ("SELECT id FROM room LIMIT 1 ORDER BY id", "near \"ORDER\": syntax error"),
    ("hello", "syntax error"),
    ("SELECT id\n\tFROM room\n\tWHERE größe = 1", "no such column: größe\n  WHERE größe = 1\n        ^^^^^"),
    ("SELECT 'größe',\t\"größe\" FROM room", "write 'größe' for a text"),
    (
        "-- a comment\nSELECT auhtor -- another\nFROM message",
        "  SELECT auhtor -- another\n         ^^^^^^ did you mean `author`?",
    ),
    // Collations, also where SQLite would not look them up.
    ("SELECT name FROM room ORDER BY name COLLATE nope", "^^^^ there are `BINARY`, `NOCASE` and `RTRIM`"),
    ("SELECT name COLLATE nocsae FROM room", "no such collation sequence: nocsae\n"),
    ("SELECT name COLLATE nocsae FROM room", "^^^^^^ did you mean `NOCASE`?"),
    // What other databases write.
    (
        "INSERT INTO room (name, kind) VALUES ('a', 1) ON DUPLICATE KEY UPDATE kind = 1",
        "^^ write `ON CONFLICT (key) DO UPDATE SET …`",
    ),
    ("INSERT OR UPDATE INTO room (name) VALUES ('a')", "write `INSERT … ON CONFLICT (key) DO UPDATE SET …`"),
    ("MERGE INTO room USING member ON 1", "write `INSERT … ON CONFLICT (key) DO UPDATE SET …`"),
    ("SELECT DISTINCT ON (name) name FROM room", "SQLite has no DISTINCT ON: write GROUP BY"),
    ("SELECT name FROM room FOR UPDATE", "leave it out: nobody else writes while a handler runs"),
    ("SELECT TOP 5 name FROM room", "^^^ write `LIMIT` at the end"),
    ("TRUNCATE TABLE room", "^^^^^^^^ write `DELETE FROM`"),
    ("DELETE room WHERE id = 1", "^^^^ write `DELETE FROM room`"),
    ("INSERT room (name) VALUES ('a')", "^^^^ write `INSERT INTO room`"),
    ("INSERT INTO room SET name = 'a'", "^^^ write `INSERT INTO room (…) VALUES (…)`"),
    ("UPDATE room r SET name = 'a' WHERE r.id = 1", "^ write `AS r`"),
    ("UPDATE room AS r SET r.name = 'a' WHERE r.id = 1", "SET takes the column alone: `name`"),
    ("UPDATE room SET name = 'a' LIMIT 1", "^^^^^ write `WHERE id IN (SELECT id FROM … LIMIT …)`"),
    ("DELETE FROM room WHERE id > 1 ORDER BY id LIMIT 1", "write `WHERE id IN (SELECT id FROM … LIMIT …)`"),
    ("UPDATE room SET name 'a' WHERE id = 1", "^^^ is there a `=` missing before it?"),
    ("SELECT id FROM room WHERE id IN :ids", "^^^^ write `IN (:ids)`"),
    ("SELECT id FROM room WHERE id = {id}", "^ a parameter is written `:name`, and is the variable `name`"),
    ("SELECT id FROM room WHERE id = %s", "a parameter is written `:name`"),
    ("SELECT id::text FROM room", "`::` is no operator here: write `CAST(value AS type)`"),
    ("SELECT name FROM room WHERE name ILIKE 'a%'", "^^^^^ write `LIKE`"),
    ("SELECT now() FROM room", "^^^ write `:now`, and `now = cx.now()` after the SQL"),
    ("SELECT id FROM room WHERE id = ANY(:ids)", "^^^ write `IN (:list)`"),
    ("SELECT name FROM room WHERE name = ‘ann’", "write 'ann' with straight quotes"),
    ("SELECT /* open FROM room", "^ this comment does not end: write `*/` after it"),
    ("DELETE * FROM room", "^ write `DELETE FROM`"),
    ("DELETE FROM room r WHERE r.id = 1", "^ write `AS r`"),
    ("SELECT id FROM room WHERE id =< 3", "^ write `<=`"),
    ("INSERT INTO room (name, kind) ('a', 1)", "^ write `VALUES` before it"),
    ("UPDATE room name = 'a'", "^^^^ write `SET` before it"),
    (
        "INSERT INTO room (name, kind) VALUES ('a', 1) ON CONFLICT UPDATE SET kind = 1",
        "write `ON CONFLICT (key) DO UPDATE SET …`",
    ),
    // What is missing.
    ("SELECT name FROM room ORDER name", "^^^^ write `ORDER BY`"),
    ("SELECT FROM room", "^^^^ what is selected?"),
    ("SELECT id FROM room WHERE EXISTS SELECT 1", "^^^^^^ put it into parentheses"),
    ("SELECT name room", "it is a column of `room`, which is not in FROM here"),
    ("SELECT name FROM (SELECT id FROM room)", "it is a column of `room`, which is not in FROM here"),
    ("SELECT DISTNCT name FROM room", "^^^^^^^ did you mean `DISTINCT`?"),
    ("SELECT id FROM room WHERE topic IS NUL", "^^^ did you mean `NULL`?"),
    ("SELECT id FROM room WHERE name = bob", "^^^ write 'bob' for a text, or `:bob` for a variable"),
    ("SELECT id FROM room WHERE name MATCH 'a'", "MATCH finds words in full text, and `room` is none"),
    // What stands before a dot.
    (
        "INSERT INTO room (name, kind) VALUES ('a', 1) ON CONFLICT (name) DO UPDATE SET kind = exluded.kind",
        "^^^^^^^ did you mean `excluded`?",
    ),
    ("SELECT r.id FROM room AS c JOIN message AS c ON c.id = 1", "no table here is called `r`"),
    ("SELECT c.id FROM room AS c JOIN message AS c ON 1", "two tables are called `c` here: name one of them with `AS`"),
    // Upserts.
    (
        "INSERT INTO room (name, kind) VALUES ('a', 1) ON CONFLICT (kind) DO NOTHING",
        "^^^^^^^^ `room` is unique by (id) and (name)",
    ),
    // Counts.
    ("INSERT INTO room (name, kind) VALUES ('a')", "1 values for 2 columns"),
    ("INSERT INTO room VALUES ('a')", "table room has 4 columns but 1 values were supplied"),
    ("VALUES (1, 2), (3)", "all VALUES must have the same number of terms"),
    ("SELECT id FROM room UNION SELECT id, name FROM room", "do not have the same number of result columns"),
    ("SELECT id FROM room WHERE id IN (SELECT id, name FROM room)", "sub-select returns 2 columns"),
    (
        "SELECT length() FROM room",
        "wrong number of arguments to function length()\n  SELECT length() FROM room\n         ^^^^^^",
    ),
    ("SELECT substr(name) FROM room", "wrong number of arguments"),
    ("WITH x(a, b) AS (SELECT 1) SELECT * FROM x", "table x has 1 values for 2 columns"),
    // Aggregates.
    ("SELECT id FROM room WHERE count(*) > 1", "misuse of aggregate"),
    ("SELECT id FROM message WHERE max(at) = 1", "^^^ aggregates belong in the SELECT list or in HAVING"),
    ("SELECT room FROM message GROUP BY count(*)", "aggregate functions are not allowed in the GROUP BY clause"),
    ("SELECT sum(count(*)) FROM message", "misuse of aggregate"),
    ("UPDATE room SET name = max(name)", "misuse of aggregate"),
    ("SELECT row_number() FROM room", "^^^^^^^^^^ write `row_number(…) OVER (…)`"),
    (
        "SELECT id FROM room WHERE row_number() OVER () = 1",
        "^^^^^^^^^^ window functions belong in the SELECT list: filter them in a SELECT around it",
    ),
    ("SELECT sum(id) OVER w FROM room", "^ write `OVER (…)`, or `WINDOW w AS (…)`"),
    // Placeholders.
    (
        "SELECT id FROM room WHERE id = ?",
        "write `:name` instead of `?`: parameters are variables, by name\n  SELECT id FROM room WHERE id = ?\n                                 ^",
    ),
    ("SELECT id FROM room WHERE id = ?1", "write `:name` instead of `?1`"),
    ("SELECT id FROM room WHERE id = @id", "write `:id` instead of `@id`"),
    ("SELECT id FROM room WHERE id = $id", "write `:id` instead of `$id`"),
    ("SELECT id FROM room WHERE id = :1", "write `:name` instead of `:1`"),
    // Other kinds of statements.
    ("", "the SQL is empty"),
    ("  -- nothing\n /* at all */ ;", "the SQL is empty"),
    (
        "SELECT 1; SELECT 2",
        "one `sql!` holds one statement: write another `sql!` for the next\n  SELECT 1; SELECT 2\n            ^^^^^^",
    ),
    ("SELECT 1; DROP TABLE room", "one `sql!` holds one statement"),
    ("CREATE TABLE x (a)", "`#[table]` declares tables and indexes"),
    ("CREATE INDEX x ON room (name)", "`#[table]` declares tables and indexes"),
    ("DROP TABLE room", "`migrations(…)` changes them\n  DROP TABLE room\n  ^^^^"),
    ("ALTER TABLE room ADD COLUMN x", "`migrations(…)`"),
    ("PRAGMA foreign_keys = OFF", "PRAGMA is not for handlers"),
    ("ATTACH 'other.db' AS other", "an object has one database"),
    ("DETACH other", "an object has one database"),
    ("VACUUM", "VACUUM is not for handlers"),
    ("BEGIN", "a handler is one transaction"),
    ("commit", "a handler is one transaction"),
    ("ROLLBACK", "`cx.savepoint` undoes a part alone"),
    ("SAVEPOINT x", "`cx.savepoint`"),
    ("RELEASE x", "`cx.savepoint`"),
    ("EXPLAIN SELECT 1", "EXPLAIN is not for handlers"),
    ("ANALYZE", "the schema is not for handlers"),
    // Tables that are kept by others.
    (
        "DELETE FROM message_search",
        "the table `message_search` follows `message` by itself: write `message` instead\n  DELETE FROM message_search\n              ^^^^^^^^^^^^^^",
    ),
    ("INSERT INTO message_search (author) VALUES ('a')", "follows `message` by itself"),
    ("UPDATE message_search_data SET block = 1", "follows `message` by itself"),
    ("DELETE FROM sqlite_schema", "SQLite's own"),
    ("UPDATE sqlite_master SET sql = ''", "SQLite's own"),
    ("DELETE FROM __do_kv", "the runtime's own: SQL can't write it"),
    ("SELECT * FROM __do_kv", "the table `__do_kv` is the runtime's own"),
    // Values.
    (
        "INSERT INTO room (name) VALUES ('a')",
        "the INSERT gives no value for `kind` of `room`: it has no default, and may not be NULL\n  INSERT INTO room (name) VALUES ('a')\n              ^^^^",
    ),
    ("INSERT INTO message (room) VALUES (1)", "no value for `author` and `body` of `message`: they have no default"),
    ("INSERT INTO room DEFAULT VALUES", "no value for `name` and `kind`"),
    ("INSERT INTO room (name, kind) VALUES (NULL, 1)", "`name` may not be NULL"),
    ("UPDATE message SET body = NULL WHERE id = 1", "`body` may not be NULL"),
    (
        "INSERT INTO message (room, author, body) VALUES ('lobby', 'a', 'b')",
        "`room` is INTEGER, and can't hold this text",
    ),
    (
        "UPDATE message SET at = 'now' WHERE id = 1",
        "`at` is INTEGER, and can't hold this text\n  UPDATE message SET at = 'now' WHERE id = 1\n                          ^^^^^",
    ),
    ("UPDATE message SET file = 'x' WHERE id = 1", "`file` is BLOB, and can't hold this text"),
    ("UPDATE message SET body = x'00' WHERE id = 1", "`body` is TEXT, and can't hold a BLOB"),
    (
        "SELECT id FROM message WHERE at = 'yesterday'",
        "`at` is INTEGER, and never equal to this text\n  SELECT id FROM message WHERE at = 'yesterday'\n                                    ^^^^^^^^^^^",
    ),
    ("SELECT id FROM message WHERE room IN (1, 'lobby')", "`room` is INTEGER, and never equal to this text"),
    ("SELECT id FROM message m WHERE 'high' = m.score", "`score` is REAL, and never equal to this text"),
    ("SELECT id FROM message WHERE file = 'x'", "`file` is BLOB, and never equal to this text"),
    ("SELECT id FROM message WHERE author = x'00'", "`author` is TEXT, and never equal to a BLOB"),
    ("UPDATE message SET at = 1.5 WHERE id = 1", "`at` is INTEGER, and can't hold a REAL"),
    (
        "INSERT INTO room (name, kind, name) VALUES ('a', 1, 'b')",
        "the INSERT names `name` twice: write it once\n  INSERT INTO room (name, kind, name) VALUES ('a', 1, 'b')\n                                ^^^^",
    ),
    (
        "UPDATE message SET author = 'a' AND body = 'b' WHERE id = 1",
        "write a comma instead of AND between the columns of SET",
    ),
    ("SELECT id FROM room WHERE topic = NULL", "nothing is `= NULL`: write `IS NULL`"),
    ("SELECT id FROM room WHERE topic <> NULL", "nothing is `<> NULL`: write `IS NOT NULL`"),
    ("SELECT id FROM room LIMIT 'five'", "LIMIT and OFFSET take an integer"),
    ("SELECT id FROM room LIMIT 5 OFFSET 1.5", "LIMIT and OFFSET take an integer"),
    ("DELETE FROM message WHERE at BETWEEN 'monday' AND 'friday'", "`at` is INTEGER"),
];

#[test]
fn mistakes_are_told_with_their_place_and_a_proposal() {
    let mut wrong = Vec::new();
    for (sql, expected) in WRONG {
        match check(&chat(), sql) {
            Ok(_) => wrong.push(format!("{sql}\n  is accepted, wants {expected:?}")),
            Err(message) if !message.contains(expected) => {
                wrong.push(format!("{sql}\n  says {message:?}\n  wants {expected:?}"));
            }
            Err(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), WRONG.len(), wrong.join("\n"));
}

#[test]
fn a_schema_that_sqlite_refuses_is_told() {
    let mut schema = chat();
    schema.tables[0].ddl.push_str("CREATE INDEX broken ON nowhere (a);");
    let message = check(&schema, "SELECT 1").unwrap_err();
    assert!(message.starts_with("SQLite refuses the schema of `Chat`: no such table"), "{message}");
}

/// Of the schema `room` expires, and what cascades from it goes with it.
#[test]
fn what_would_see_rows_that_have_expired_is_refused() {
    let mut schema = chat();
    schema.tables[0].expires = true;
    let cascades = schema.tables[1].ddl.contains("ON DELETE CASCADE");
    for (sql, words) in [
        (
            "SELECT name FROM main.room LIMIT 1",
            "`main.room` would show rows that have expired: write `room`\n  SELECT name FROM main.room LIMIT 1\n                   ^^^^",
        ),
        ("INSERT INTO \"main\".room (name, kind) VALUES ('a', 1)", "`main.room` would show"),
        ("SELECT id FROM room NOT INDEXED LIMIT 1", "the rows of `room` expire: how they are found is left to SQLite"),
        ("SELECT room.rowid FROM room LIMIT 1", "`room`, whose rows expire, has no `rowid`: write `id`\n"),
        ("SELECT id FROM room ORDER BY _ROWID_ LIMIT 1", "`room`, whose rows expire, has no `_rowid_`: write `id`\n"),
    ] {
        let message = check(&schema, sql).expect_err(sql);
        assert!(message.contains(words), "{sql}: {message}");
        assert!(check(&chat(), sql).is_ok(), "{sql}");
    }
    assert_eq!(
        check(&schema, "SELECT message_search.rowid FROM message_search WHERE message_search MATCH 'a' LIMIT 1")
            .is_err(),
        cascades
    );
    for right in [
        "SELECT name FROM room LIMIT 1",
        "SELECT rowid FROM \"order\" LIMIT 1",
        "SELECT m.author FROM message_search s JOIN message m ON m.id = s.rowid WHERE message_search MATCH 'a' LIMIT 1",
        "SELECT message.* FROM message_search AS s JOIN message ON message.id = s.rowid WHERE s.body MATCH 'a' LIMIT 1",
    ] {
        assert!(check(&schema, right).is_ok(), "{right}: {:?}", check(&schema, right));
    }
}

#[test]
fn attaching_a_file_is_impossible() {
    let connection = crate::sqlite::memory::open().unwrap();
    let error = connection.execute_batch("ATTACH 'never-written.db' AS other").unwrap_err();
    assert!(error.to_string().contains("too many attached databases"), "{error}");
}

#[test]
fn a_statement_that_never_ends_is_interrupted() {
    let connection = crate::sqlite::memory::open().unwrap();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    crate::sqlite::memory::renew_budget();
    let ran = connection.query_row(endless, [], |row| row.get::<_, i64>(0));
    assert!(ran.unwrap_err().to_string().contains("interrupted"));
    crate::sqlite::memory::renew_budget();
    assert_eq!(connection.query_row("SELECT 1", [], |row| row.get::<_, i64>(0)), Ok(1));
}
