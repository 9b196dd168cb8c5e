//! Writes: a hidden column does not show, and the written table is the table.

use super::*;

/// What a statement gives over a table with the hidden column, and what the table holds then.
fn after(sql: &str) -> (Vec<String>, Vec<String>) {
    let database = swept();
    let _time = at(NOW);
    database.begin_exclusive().unwrap();
    let given = rows(&database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let left = rows(&database, "SELECT * FROM message ORDER BY id").unwrap();
    database.commit(&mut Vec::new()).unwrap();
    (given, left)
}

#[track_caller]
fn gives(sql: &str, given: &[&str], left: &[&str]) {
    let (of, then) = after(sql);
    assert_eq!(of, given, "{sql}");
    assert_eq!(then[1..], *left, "{sql}");
}

#[test]
fn an_insert_needs_no_list_of_columns() {
    gives("INSERT INTO message VALUES (9, 'c', 'x')", &[], &["3, a, new", "4, b, new", "9, c, x"]);
    gives("INSERT INTO message AS m VALUES (9, 'c', 'x')", &[], &["3, a, new", "4, b, new", "9, c, x"]);
    gives(
        "INSERT INTO \"message\" SELECT id + 10, \"group\", 'x' FROM message",
        &[],
        &["3, a, new", "4, b, new", "13, a, x", "14, b, x"],
    );
    gives(
        "INSERT INTO message WITH x(a) AS (SELECT 9) SELECT a, 'c', 'x' FROM x",
        &[],
        &["3, a, new", "4, b, new", "9, c, x"],
    );
    gives(
        "WITH x(a) AS (SELECT 9) INSERT INTO message SELECT a, 'c', 'x' FROM x",
        &[],
        &["3, a, new", "4, b, new", "9, c, x"],
    );
    gives("REPLACE INTO message VALUES (3, 'c', 'x')", &[], &["3, c, x", "4, b, new"]);
    gives("INSERT OR IGNORE INTO message VALUES (3, 'c', 'x')", &[], &["3, a, new", "4, b, new"]);
    gives("INSERT INTO message (\"group\") VALUES ('c')", &[], &["3, a, new", "4, b, new", "5, c, none"]);
    gives(
        "INSERT INTO message(id, \"group\") SELECT 9, 'c' RETURNING id",
        &["id", "9"],
        &["3, a, new", "4, b, new", "9, c, none"],
    );
}

#[test]
fn returning_gives_what_is_declared() {
    gives(
        "INSERT INTO message VALUES (9, 'c', 'x') RETURNING *",
        &["id, group, body", "9, c, x"],
        &["3, a, new", "4, b, new", "9, c, x"],
    );
    gives(
        "INSERT INTO message (id, \"group\", body) VALUES (9, 'b', 'new')
         ON CONFLICT (\"group\", body) DO UPDATE SET body = excluded.body || '!' RETURNING *, id * 2 AS twice",
        &["id, group, body, twice", "4, b, new!, 8"],
        &["3, a, new", "4, b, new!"],
    );
    gives(
        "UPDATE message SET body = 'x' WHERE id = 3 RETURNING 1 AS one, *",
        &["one, id, group, body", "1, 3, a, x"],
        &["3, a, x", "4, b, new"],
    );
    gives("DELETE FROM message WHERE id = 3 RETURNING *", &["id, group, body", "3, a, new"], &["4, b, new"]);
    gives(
        "UPDATE OR IGNORE message SET \"group\" = 'a' RETURNING *",
        &["id, group, body", "3, a, new"],
        &["3, a, new", "4, b, new"],
    );
    gives(
        "DELETE FROM message WHERE id = 3 RETURNING (SELECT count(*) FROM session) AS n",
        &["n", "2"],
        &["4, b, new"],
    );
}

#[test]
fn other_tables_are_read_while_one_is_written() {
    gives(
        "UPDATE message SET body = s.token FROM session AS s WHERE s.id = message.id + 1 RETURNING id, body",
        &["id, body", "3, newer"],
        &["3, a, newer", "4, b, new"],
    );
    gives("DELETE FROM message WHERE id IN (SELECT id FROM message WHERE body = 'new' LIMIT 1)", &[], &["4, b, new"]);
    gives(
        "WITH message AS (SELECT 3 AS id) DELETE FROM message WHERE id IN (SELECT id FROM message)",
        &[],
        &["4, b, new"],
    );
    gives(
        "INSERT INTO plain (text) SELECT body FROM message RETURNING *",
        &["id, text", "3, new", "4, new"],
        &["3, a, new", "4, b, new"],
    );
}

#[test]
fn the_time_of_writing_is_that_of_the_insert() {
    let database = empty();
    write(&database, 5, &["INSERT INTO message VALUES (1, 'a', 'x')"]);
    write(
        &database,
        50,
        &[
            "UPDATE message SET body = 'y'",
            "INSERT INTO message VALUES (1, 'b', 'z') ON CONFLICT DO UPDATE SET body = 'z'",
        ],
    );
    for (now, count) in [(104, "1"), (105, "0")] {
        let _time = at(now);
        assert_eq!(rows(&database, "SELECT count(*) FROM message").unwrap()[1], count);
    }
    write(&database, 60, &["REPLACE INTO message VALUES (1, 'b', 'z')"]);
    let _time = at(105);
    assert_eq!(rows(&database, "SELECT count(*) FROM message").unwrap()[1], "1");
}

#[test]
fn the_time_of_writing_is_not_for_a_users_sql() {
    let database = empty();
    database.begin_exclusive().unwrap();
    for sql in [
        "UPDATE message SET __written_at = 0",
        "INSERT INTO message (id, \"group\", \"__written_at\") VALUES (1, 'a', 0)",
    ] {
        assert!(refused(&database, sql).to_string().starts_with("no such column: "));
    }
}
