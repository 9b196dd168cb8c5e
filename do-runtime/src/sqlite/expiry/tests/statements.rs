//! Reads: every form of statement gives what it would give if the rows that are over were deleted.

use super::*;

const READS: &[&str] = &[
    // Plain.
    "SELECT * FROM session ORDER BY id",
    "select token from SESSION order by id",
    "SELECT s.* FROM session AS s ORDER BY s.id",
    "SELECT session.id, session.token FROM session ORDER BY 1",
    "SELECT * FROM \"session\" ORDER BY id",
    "SELECT * FROM [Session] ORDER BY id",
    "SELECT * FROM `session` ORDER BY id",
    "SELECT * FROM 'session' ORDER BY id",
    "SELECT * FROM message ORDER BY id",
    "SELECT \"group\", count(*) FROM message GROUP BY \"group\" ORDER BY 1",
    "SELECT DISTINCT body FROM message",
    "SELECT * FROM branch ORDER BY id",
    "SELECT * FROM note ORDER BY id",
    "SELECT * FROM visit ORDER BY page",
    "SELECT * FROM plain ORDER BY id",
    // Counts and aggregates.
    "SELECT count(*) FROM session",
    "SELECT count(*), min(used_at), max(used_at), total(used_at) FROM session",
    "SELECT count(*) FROM branch",
    "SELECT count(*) FROM message",
    "SELECT max(id) FROM item",
    "SELECT name, count(*) AS n FROM item GROUP BY name HAVING n > 0 ORDER BY name",
    "SELECT id, row_number() OVER (ORDER BY id DESC) FROM item ORDER BY id",
    // Keys, indexes, ranges.
    "SELECT * FROM session WHERE id = 1",
    "SELECT * FROM session WHERE token = 'old'",
    "SELECT * FROM session WHERE token = 'new'",
    "SELECT * FROM session WHERE used_at BETWEEN 0 AND 999901 ORDER BY used_at DESC",
    "SELECT * FROM session ORDER BY used_at LIMIT 1 OFFSET 1",
    "SELECT * FROM item WHERE session = 1",
    "SELECT * FROM item WHERE session = 2 ORDER BY id",
    "SELECT * FROM visit WHERE session IS NULL ORDER BY page",
    "SELECT * FROM visit WHERE session = 1",
    "SELECT rowid AS number, token FROM session ORDER BY rowid",
    "SELECT page FROM visit ORDER BY visit.rowid",
    // Comments, and texts and columns with the names of tables.
    "/* session */ SELECT token -- message\n FROM session /* item */ ORDER BY id",
    "SELECT 'session', text AS session FROM plain ORDER BY id",
    "SELECT session FROM item ORDER BY id",
    "SELECT id FROM session WHERE token <> 'main.session' ORDER BY id",
    "SELECT :session AS word, count(*) FROM session",
    // Joins.
    "SELECT s.token, i.name FROM session s JOIN item i ON i.session = s.id ORDER BY i.id",
    "SELECT s.token, i.name FROM item i LEFT JOIN session s ON i.session = s.id ORDER BY i.id",
    "SELECT s.token, i.name FROM session s LEFT JOIN item i ON i.session = s.id ORDER BY s.id, i.id",
    "SELECT v.page, s.token FROM visit v LEFT JOIN session s ON s.id = v.session ORDER BY page",
    "SELECT count(*) FROM session, item, note",
    "SELECT a.id, b.id FROM branch a JOIN branch b ON b.above = a.id ORDER BY 1, 2",
    "SELECT * FROM plain p JOIN session s ON s.token = p.text",
    "SELECT token, name FROM session NATURAL JOIN item ORDER BY 1, 2",
    "SELECT * FROM session JOIN item USING (id) ORDER BY id",
    "SELECT * FROM message a JOIN message b USING (\"group\") ORDER BY a.id, b.id",
    "SELECT * FROM message NATURAL JOIN (SELECT id, body FROM message) ORDER BY id",
    // Subqueries.
    "SELECT (SELECT count(*) FROM session)",
    "SELECT name FROM item WHERE session IN (SELECT id FROM session) ORDER BY id",
    "SELECT name FROM item WHERE session NOT IN (SELECT id FROM session WHERE token = 'new') ORDER BY id",
    "SELECT text FROM plain WHERE EXISTS (SELECT 1 FROM session WHERE token = plain.text)",
    "SELECT text FROM plain WHERE text IN (SELECT token FROM (SELECT * FROM session))",
    "SELECT (SELECT token FROM session WHERE id = item.session) FROM item ORDER BY id",
    "SELECT * FROM (SELECT * FROM (SELECT * FROM message) ORDER BY id)",
    // Compounds.
    "SELECT token FROM session UNION SELECT name FROM item ORDER BY 1",
    "SELECT id FROM session UNION ALL SELECT id FROM item ORDER BY 1",
    "SELECT id FROM item EXCEPT SELECT id FROM session ORDER BY 1",
    "SELECT id FROM item INTERSECT SELECT id FROM session ORDER BY 1",
    "VALUES ((SELECT count(*) FROM session)), (1)",
    // WITH of its own.
    "WITH x AS (SELECT * FROM session) SELECT * FROM x ORDER BY id",
    "WITH x(a) AS (SELECT id FROM session), y AS MATERIALIZED (SELECT a FROM x) SELECT * FROM y, item ORDER BY 1, item.id",
    "WITH x AS NOT MATERIALIZED (SELECT 1 AS \"(\") SELECT * FROM x, session ORDER BY id",
    "WITH RECURSIVE up(id) AS (SELECT 3 UNION SELECT above FROM branch JOIN up ON branch.id = up.id) SELECT * FROM up ORDER BY id",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3), s AS (SELECT * FROM session) SELECT * FROM n, s ORDER BY 1, 2",
    "with recursive down(id) as (select id from branch where above is null union all
        select branch.id from branch, down where branch.above = down.id) select * from down order by id",
    // Names that the statement gives itself.
    "WITH session AS (SELECT 1 AS id) SELECT * FROM session",
    "WITH session(id) AS (SELECT 7), x AS (SELECT id FROM session) SELECT * FROM x, item ORDER BY 2",
    "SELECT * FROM (WITH session AS (SELECT 1 AS one) SELECT * FROM session)",
    "SELECT * FROM (WITH session AS (SELECT 1 AS one) SELECT * FROM session), (SELECT count(*) FROM session)",
    "SELECT session.id FROM plain AS session ORDER BY 1",
    // Full text.
    "SELECT session.token FROM session_search JOIN session ON session.id = session_search.rowid
        WHERE session_search MATCH 'new OR old' ORDER BY rank",
    "SELECT s.* FROM session_search AS f CROSS JOIN session s ON s.id = f.rowid WHERE f.session_search MATCH 'new OR old'",
    "SELECT s.*, snippet(session_search, 0, '<', '>', '', 3) FROM session_search f JOIN session s ON s.id = f.rowid
        WHERE session_search MATCH 'new OR older'",
];

#[test]
fn reads_see_what_they_would_see_if_it_were_deleted() {
    let (there, deleted) = (database(), swept());
    let _time = at(NOW);
    assert!(
        there.has_expired(Timestamp::from_millis(NOW)).unwrap()
            && !deleted.has_expired(Timestamp::from_millis(NOW)).unwrap()
    );
    for sql in READS {
        let expected = rows(&deleted, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let seen = rows(&there, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(seen, expected, "{sql}");
        // Prepared before.
        assert_eq!(rows(&there, sql).unwrap(), expected, "{sql}");
    }
}

#[test]
fn before_the_instant_everything_is_seen() {
    let there = database();
    let _time = at(4);
    assert_eq!(rows(&there, "SELECT count(*) FROM session").unwrap(), ["count(*)", "4"]);
    drop(_time);
    let _time = at(105);
    assert_eq!(rows(&there, "SELECT count(*) FROM session").unwrap(), ["count(*)", "3"]);
    drop(_time);
    // The clock may be set back.
    let _time = at(104);
    assert_eq!(rows(&there, "SELECT count(*) FROM session").unwrap(), ["count(*)", "4"]);
}

#[test]
fn what_would_see_rows_that_are_gone_is_refused() {
    let there = database();
    for now in [0, NOW] {
        let _time = at(now);
        for (sql, words) in [
            ("SELECT * FROM main.session", "`main.session` would see rows that have expired: write `session`"),
            ("SELECT * FROM \"main\" . [item]", "`main.item` would see rows that have expired: write `item`"),
            (
                "SELECT token FROM session_search WHERE session_search MATCH 'old'",
                "`session_search` alone would find rows that have expired: join it with `session`",
            ),
            ("SELECT __written_at FROM message", "no such column: __written_at"),
        ] {
            assert_eq!(refused(&there, sql).to_string(), words);
        }
    }
    there.begin_exclusive().unwrap();
    let view = refused(&there, "CREATE VIEW living AS SELECT * FROM session");
    assert_eq!(view.to_string(), "a view over `session` would show rows that have expired: write a query instead");
}

#[test]
fn the_way_to_the_rows_is_the_one_without_the_condition() {
    let (there, deleted) = (database(), swept());
    let _time = at(NOW);
    let ways = |database: &Database, sql: &str| -> Vec<String> {
        let plan = rows(database, &format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps = plan[1..].iter().map(|row| row.rsplit(", ").next().unwrap_or_default().replace("main.", ""));
        steps.filter(|step| step.starts_with("SEARCH") || step.starts_with("SCAN")).collect()
    };
    for (sql, way) in [
        ("SELECT * FROM session WHERE id = 7", "SEARCH session USING INTEGER PRIMARY KEY (rowid=?)"),
        ("SELECT * FROM session WHERE used_at > 7", "SEARCH session USING INDEX session_used_at (used_at>?)"),
        ("SELECT * FROM session ORDER BY id DESC LIMIT 7", "SCAN session"),
        ("SELECT * FROM message WHERE \"group\" = 'a'", "INDEX message_group_body (group=?)"),
        ("SELECT * FROM item WHERE session = 7", "SEARCH item USING INDEX item_session (session=?)"),
    ] {
        assert!(ways(&deleted, sql)[0].contains(way), "{sql}: {:?}", ways(&deleted, sql));
        assert!(ways(&there, sql)[0].contains(way), "{sql}: {:?}", ways(&there, sql));
    }
}
