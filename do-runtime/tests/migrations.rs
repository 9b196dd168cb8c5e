//! Programs of several versions over one folder: what the migrations of a class do to the objects that are there.
#![cfg(feature = "testing")]

mod expiring;
mod programs;

use do_runtime::env::SeededRandom;
use do_runtime::testing::{self, TestKit};
use do_runtime::{Cx, Error, ErrorKind, Result, bail};
use programs::{Room, backfill, program, sql, table};

const AUTHOR: &str = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;";
const NOTE: &str =
    "CREATE TABLE note (id INTEGER PRIMARY KEY, author INTEGER NOT NULL REFERENCES author, body TEXT NOT NULL) STRICT;
     CREATE INDEX note_author ON note (author);";
const MEASURED: &str =
    "CREATE TABLE note (id INTEGER PRIMARY KEY, length INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL,
    author INTEGER NOT NULL REFERENCES author (id)) STRICT; CREATE INDEX note_author ON note (author);";
const UNIQUE_AUTHOR: &str = "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;";

const FIRST: &str = "
    CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT; -- who wrote it
    CREATE TABLE note (
        id INTEGER PRIMARY KEY,
        author INTEGER NOT NULL REFERENCES author,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX note_author ON note (author);
";
const ADD_LENGTH: &str = "ALTER TABLE note ADD COLUMN length INTEGER NOT NULL DEFAULT 0";
const REBUILD: &str = "CREATE TABLE anew (id INTEGER PRIMARY KEY, name TEXT NOT NULL, UNIQUE (name)) STRICT;
    INSERT INTO anew SELECT id, name FROM author;
    DROP TABLE author;
    ALTER TABLE anew RENAME TO author;";

fn measure<O: do_runtime::Object>(cx: &mut Cx<O>) -> Result {
    cx.sql_unchecked("UPDATE note SET length = length(body)", ()).run()?;
    Ok(())
}

program!(Plain, [table("author", AUTHOR), table("note", NOTE)], []);
program!(One, [table("author", AUTHOR), table("note", NOTE)], [sql(1, FIRST)]);
program!(
    Two,
    [table("author", AUTHOR), table("note", MEASURED)],
    [sql(1, FIRST), sql(2, ADD_LENGTH), backfill(3, "measure", measure)]
);
program!(
    Three,
    [table("author", UNIQUE_AUTHOR), table("note", MEASURED)],
    [sql(1, FIRST), sql(2, ADD_LENGTH), backfill(3, "measure", measure), sql(4, REBUILD)]
);

const ANN: &str = "INSERT INTO author VALUES (1, 'ann')";
const HELLO: &str = "INSERT INTO note (author, body) VALUES (1, 'hello')";
const NOTES: &str = "SELECT id || ' ' || length || ' ' || body FROM note ORDER BY id";
const BODIES: &str = "SELECT body FROM note ORDER BY id";

#[test]
fn objects_follow_the_steps_of_newer_programs_when_they_are_called() {
    testing::run("objects_follow", |kit: TestKit| async move {
        let room = kit.objects().get_by_name::<One>("a");
        room.run(&[ANN, HELLO]).await?;
        kit.objects().get_by_name::<One>("b").run(&[ANN]).await?;

        kit.restart().await?;
        let room = kit.objects().get_by_name::<Two>("a");
        assert_eq!(room.rows(NOTES).await?, ["1 5 hello"]);
        room.run(&["INSERT INTO note (author, body, length) VALUES (1, 'hi', 2)"]).await?;
        kit.evict_all().await?;
        assert_eq!(room.rows(NOTES).await?, ["1 5 hello", "2 2 hi"], "nothing runs twice");

        kit.crash().await?;
        for (name, notes) in [("a", &["1 5 hello", "2 2 hi"] as &[_]), ("b", &[])] {
            let room = kit.objects().get_by_name::<Three>(name);
            assert_eq!(room.rows(NOTES).await?, notes, "{name}");
            assert_eq!(room.run(&[ANN]).await.expect_err("taken").kind(), ErrorKind::Conflict);
            let error = room.run(&["INSERT INTO note (author, body) VALUES (7, '')"]).await.expect_err("no author");
            assert_eq!(error.kind(), ErrorKind::Conflict, "references are looked at again: {error}");
        }
        kit.crash().await?;
        assert_eq!(kit.objects().get_by_name::<Three>("a").rows(NOTES).await?, ["1 5 hello", "2 2 hi"]);
        Ok::<_, Error>(())
    })
    .expect("every version reads what the former wrote");
}

#[test]
fn new_objects_begin_as_the_steps_leave_an_empty_database() {
    testing::run("new_objects", |kit: TestKit| async move {
        let room = kit.objects().get_by_name::<Three>("new");
        room.run(&[ANN, HELLO]).await?;
        assert_eq!(room.rows(NOTES).await?, ["1 0 hello"]);
        kit.restart().await?;
        assert_eq!(room.rows(NOTES).await?, ["1 0 hello"], "there was nothing to backfill");
        assert_eq!(room.rows("SELECT length(value) FROM __do_kv WHERE key = 'migrations'").await?, ["81"]);
        kit.restart().await?;
        let error = kit.objects().get_by_name::<Two>("new").rows(NOTES).await.expect_err("older");
        assert!(
            error.to_string().contains("has 4 steps of its migrations behind it, and this program knows 3"),
            "{error}"
        );
        Ok::<_, Error>(())
    })
    .expect("it begins");
}

program!(
    Changed,
    [table("author", AUTHOR), table("note", NOTE)],
    [sql(1, "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT; CREATE TABLE note (id INTEGER PRIMARY KEY,
        author INTEGER NOT NULL REFERENCES author, body TEXT NOT NULL) STRICT; CREATE INDEX note_author ON note (\"author\");")]
);
program!(
    LaidOut,
    [table("author", AUTHOR), table("note", NOTE)],
    [sql(1, "CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT; CREATE TABLE note (id INTEGER PRIMARY KEY,
        author INTEGER NOT NULL REFERENCES author, /* the text */ body TEXT NOT NULL) STRICT; CREATE INDEX note_author ON note(author);")]
);
program!(
    Renamed,
    [table("author", AUTHOR), table("note", MEASURED)],
    [sql(1, FIRST), sql(2, ADD_LENGTH), backfill(3, "count", measure)]
);

#[test]
fn older_programs_and_changed_steps_are_refused_and_change_nothing() {
    async fn said<O: programs::Program>(kit: &TestKit) -> Result<String> {
        kit.restart().await?;
        let error = kit.objects().get_by_name::<O>("a").rows(BODIES).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Storage, "{error}");
        assert!(error.to_string().contains("\"a\""), "the object is named: {error}");
        Ok(error.to_string())
    }
    testing::run("older_programs", |kit: TestKit| async move {
        kit.objects().get_by_name::<One>("a").run(&[ANN, HELLO]).await?;
        let changed = said::<Changed>(&kit).await?;
        assert!(changed.contains(
            "step 1 of its migrations was changed after the object ran it: restore its text and add a new step"
        ));
        let none = said::<Plain>(&kit).await?;
        assert!(none.contains("newer program") && none.contains("declares no migrations"), "{none}");

        kit.restart().await?;
        assert_eq!(kit.objects().get_by_name::<LaidOut>("a").rows(BODIES).await?, ["hello"], "layout is no change");
        kit.restart().await?;
        assert_eq!(kit.objects().get_by_name::<Two>("a").rows(NOTES).await?, ["1 5 hello"]);
        let older = said::<One>(&kit).await?;
        assert!(older.contains(
            "written by a newer program: it has 3 steps of its migrations behind it, and this program knows 1"
        ));
        let renamed = said::<Renamed>(&kit).await?;
        assert!(renamed.contains("step 3") && renamed.contains("`count`"), "{renamed}");
        kit.restart().await?;
        assert_eq!(kit.objects().get_by_name::<Two>("a").rows(NOTES).await?, ["1 5 hello"]);
        Ok::<_, Error>(())
    })
    .expect("the right program goes on");
}

fn refuse<O: do_runtime::Object>(cx: &mut Cx<O>) -> Result {
    cx.sql_unchecked("DELETE FROM note", ()).run()?;
    bail!("no length is right")
}

fn despair<O: do_runtime::Object>(cx: &mut Cx<O>) -> Result {
    cx.sql_unchecked("DELETE FROM note", ()).run()?;
    panic!("no way to measure")
}

program!(BadSql, [table("author", UNIQUE_AUTHOR), table("note", NOTE)], [sql(1, FIRST), sql(2, REBUILD)]);
program!(
    BadBackfill,
    [table("author", AUTHOR), table("note", MEASURED)],
    [sql(1, FIRST), sql(2, ADD_LENGTH), backfill(3, "refuse", refuse)]
);
program!(
    BadPanic,
    [table("author", AUTHOR), table("note", MEASURED)],
    [sql(1, FIRST), sql(2, ADD_LENGTH), backfill(3, "despair", despair)]
);
program!(
    BadReference,
    [table("author", AUTHOR), table("note", NOTE)],
    [sql(1, FIRST), sql(2, "DELETE FROM author WHERE name = 'ann'")]
);
program!(
    BadPragma,
    [table("author", AUTHOR), table("note", NOTE)],
    [sql(1, FIRST), backfill(2, "refuse", refuse), sql(3, "PRAGMA foreign_keys = OFF")]
);

#[test]
fn what_fails_leaves_the_object_as_it_was_and_tells_every_caller() {
    async fn said<O: programs::Program>(kit: &TestKit) -> Result<String> {
        kit.restart().await?;
        let room = kit.objects().get_by_name::<O>("a");
        let (one, other) = (tokio::spawn(room.rows(BODIES)), tokio::spawn(room.rows(BODIES)));
        let one = one.await.expect("no panic").expect_err("it fails");
        assert_eq!(other.await.expect("no panic").expect_err("it fails"), one);
        let again = room.rows(BODIES).await.expect_err("it is tried again");
        assert_eq!((one.kind(), &again), (ErrorKind::Storage, &one));
        assert!(one.to_string().contains("\"a\""), "the object is named: {one}");
        // The former program finds everything.
        kit.crash().await?;
        let room = kit.objects().get_by_name::<One>("a");
        assert_eq!(room.rows(BODIES).await?, ["hello"]);
        assert_eq!(room.rows("SELECT count(*) FROM pragma_table_info('note')").await?, ["3"]);
        assert_eq!(room.rows("SELECT length(value) FROM __do_kv WHERE key = 'migrations'").await?, ["21"]);
        Ok(one.to_string())
    }
    testing::run("what_fails", |kit: TestKit| async move {
        kit.objects().get_by_name::<One>("a").run(&[ANN, "INSERT INTO author VALUES (2, 'ann')", HELLO]).await?;
        for (said, wanted) in [
            (said::<BadSql>(&kit).await?, ["step 2 of its migrations failed", "UNIQUE constraint failed: anew.name"]),
            (said::<BadBackfill>(&kit).await?, ["step 3 (backfill `refuse`)", "no length is right"]),
            (said::<BadPanic>(&kit).await?, ["step 3 (backfill `despair`)", "it panicked: no way to measure"]),
            (said::<BadReference>(&kit).await?, ["the row 1 of `note`", "refers to a row of `author`"]),
            (said::<BadPragma>(&kit).await?, ["step 3", "PRAGMA foreign_keys"]),
        ] {
            assert!(wanted.iter().all(|wanted| said.contains(wanted)), "{said}");
        }
        // A later version mends it.
        kit.objects().get_by_name::<One>("a").run(&["DELETE FROM author WHERE id = 2"]).await?;
        kit.restart().await?;
        assert_eq!(kit.objects().get_by_name::<BadSql>("a").rows(BODIES).await?, ["hello"]);
        Ok::<_, Error>(())
    })
    .expect("the former program goes on");
}

program!(Older, [table("author", AUTHOR)], []);
program!(Other, [table("author", "CREATE TABLE author (id INTEGER PRIMARY KEY, age INTEGER) STRICT;")], []);
program!(Elsewhere, [table("author", AUTHOR), table("note", MEASURED)], [sql(1, FIRST)]);
program!(Misnumbered, [table("author", AUTHOR), table("note", NOTE)], [sql(2, FIRST)]);

#[test]
fn a_class_that_gets_migrations_takes_over_the_objects_that_have_the_tables_of_a_step() {
    testing::run("takes_over", |kit: TestKit| async move {
        kit.objects().get_by_name::<Plain>("a").run(&[ANN, HELLO]).await?;
        kit.restart().await?;
        kit.objects().get_by_name::<Older>("b").run(&[ANN]).await?;
        kit.restart().await?;
        assert_eq!(kit.objects().get_by_name::<Two>("a").rows(NOTES).await?, ["1 5 hello"], "steps 2 and 3 ran");
        let grown = kit.objects().get_by_name::<Two>("b");
        assert_eq!(grown.rows("SELECT name FROM author").await?, ["ann"]);
        grown.run(&[HELLO]).await?;
        assert_eq!(grown.rows(NOTES).await?, ["1 0 hello"], "it grew to step 1 first");
        kit.crash().await?;
        assert_eq!(grown.rows(NOTES).await?, ["1 0 hello"]);
        Ok::<_, Error>(())
    })
    .expect("it is taken over");
}

#[test]
fn tables_that_no_step_leads_to_are_refused() {
    testing::run("no_step", |kit: TestKit| async move {
        kit.objects().get_by_name::<Other>("a").run(&["INSERT INTO author (age) VALUES (7)"]).await?;
        kit.restart().await?;
        let error = kit.objects().get_by_name::<One>("a").rows(BODIES).await.expect_err("refused").to_string();
        assert!(error.contains("none of the steps of its migrations leads to the tables that it has"), "{error}");
        assert!(error.contains("`author` has a column `age`"), "{error}");
        kit.restart().await?;
        let error = kit.objects().get_by_name::<Plain>("a").rows(BODIES).await.expect_err("refused").to_string();
        assert!(error.contains("or begin a history: `migrations(1 = \"…\")`"), "{error}");
        kit.restart().await?;
        let error = kit.objects().get_by_name::<Elsewhere>("b").rows(BODIES).await.expect_err("refused").to_string();
        assert!(
            error.contains("do not lead to the declared tables: the table `note` has no column `length`"),
            "{error}"
        );
        kit.restart().await?;
        let error = kit.objects().get_by_name::<Misnumbered>("b").rows(BODIES).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("`2` stands where `1` should"), "{error}");
        Ok::<_, Error>(())
    })
    .expect("they are refused");
}

#[test]
fn sleeping_objects_are_not_touched_until_they_are_called() {
    testing::run("sleeping", |kit: TestKit| async move {
        for name in ["a", "b"] {
            kit.objects().get_by_name::<One>(name).run(&[ANN, HELLO]).await?;
        }
        kit.restart().await?;
        kit.objects().get_by_name::<Two>("a").rows(NOTES).await?;
        assert_eq!(kit.list::<Two>().await?.len(), 2);
        kit.restart().await?;
        let former = kit.objects();
        assert_eq!(
            former.get_by_name::<One>("b").rows(BODIES).await?,
            ["hello"],
            "it is as the former program left it"
        );
        assert!(former.get_by_name::<One>("a").rows(BODIES).await.is_err());
        Ok::<_, Error>(())
    })
    .expect("they sleep");
}

program!(
    Strict,
    [table("author", AUTHOR), table("note", MEASURED)],
    [sql(1, FIRST), sql(2, ADD_LENGTH), backfill(3, "measure", measure)],
    init: Err(Error::invalid("not today"))
);

fn empty<O: do_runtime::Object>(cx: &mut Cx<O>) -> Result {
    cx.delete_all()
}

program!(
    Emptied,
    [table("author", AUTHOR), table("note", NOTE)],
    [sql(1, FIRST), backfill(2, "empty", empty), sql(3, "INSERT INTO author VALUES (9, 'none')")]
);

#[test]
fn a_backfill_that_deletes_all_deletes_no_object() {
    testing::run("deletes_all", |kit: TestKit| async move {
        kit.objects().get_by_name::<One>("a").run(&[ANN, HELLO]).await?;
        kit.restart().await?;
        let room = kit.objects().get_by_name::<Emptied>("a");
        assert_eq!(room.rows("SELECT id || ' ' || (SELECT count(*) FROM note) FROM author").await?, ["9 0"]);
        kit.crash().await?;
        assert_eq!(room.rows("SELECT id FROM author").await?, ["9"]);
        assert_eq!(kit.list::<Emptied>().await?.len(), 1);
        Ok::<_, Error>(())
    })
    .expect("it is there");
}

#[test]
fn an_init_that_fails_after_the_steps_leaves_them_done() {
    testing::run("init_fails", |kit: TestKit| async move {
        kit.objects().get_by_name::<One>("a").run(&[ANN, HELLO]).await?;
        kit.restart().await?;
        let room = kit.objects().get_by_name::<Strict>("a");
        for _ in 0..2 {
            assert_eq!(room.rows(NOTES).await.expect_err("init fails").to_string(), "not today");
        }
        kit.crash().await?;
        assert_eq!(kit.objects().get_by_name::<Two>("a").rows(NOTES).await?, ["1 5 hello"]);
        Ok::<_, Error>(())
    })
    .expect("nothing is set aside");
}

/// Migrates with the power going after so many steps of the disk. Whether the power held.
fn cut(steps: u64, seed: u64) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let kit = TestKit::open(seed).await.expect("a folder in memory can be opened");
        kit.objects().get_by_name::<One>("a").run(&[ANN, HELLO]).await.expect("it is written");
        kit.restart().await.expect("it opens");
        kit.settle().await;
        let room = kit.objects().get_by_name::<Three>("a");
        let before = kit.disk().counts().steps();
        kit.disk().cut_power_after(steps);
        let answered = room.rows(NOTES).await.is_ok();
        let _ = kit.checkpoint().await;
        let held = kit.disk().counts().steps() - before < steps;
        let torn = SeededRandom::new(seed);
        let started = if seed.is_multiple_of(2) { kit.crash().await } else { kit.crash_torn(&torn).await };
        let place = format!("power cut after {steps} steps, seed {seed}");
        started.unwrap_or_else(|error| panic!("{place}: {error}"));
        match kit.objects().get_by_name::<One>("a").rows(BODIES).await {
            Ok(rows) => assert!(!answered && rows == ["hello"], "{place}: {rows:?}, answered: {answered}"),
            Err(error) => assert!(error.to_string().contains("it has 4 steps"), "{place}: {error}"),
        }
        kit.crash().await.unwrap_or_else(|error| panic!("{place}: {error}"));
        let rows = kit.objects().get_by_name::<Three>("a").rows(NOTES).await;
        assert_eq!(rows.unwrap_or_else(|error| panic!("{place}: {error}")), ["1 5 hello"], "{place}");
        held
    })
}

#[test]
fn a_power_cut_leaves_an_object_before_or_after_its_steps_and_never_between() {
    // What is in flight is lost at every other step, and torn at the others.
    let steps = (0..1_000).find(|&steps| cut(steps, steps)).expect("a migration is some steps of the disk");
    assert!(steps > 10, "{steps} steps are too few to mean anything");
}
