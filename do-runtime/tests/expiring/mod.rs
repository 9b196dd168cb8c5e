//! A table that gains and loses its `ttl` from one program to the next.

use crate::programs::{Room, program, sql, table};
use do_runtime::__private::{ColumnDef, ExpiryDef, TableDef};
use do_runtime::Result;
use do_runtime::testing::{self, TestKit};

const LINE: &str = "CREATE TABLE line (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;";
const LIVING: &str = "CREATE TABLE line (id INTEGER PRIMARY KEY, body TEXT NOT NULL,
        __written_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))) STRICT;
    CREATE INDEX line_written_at ON line (__written_at);";

/// Rows live an hour.
const fn living() -> TableDef {
    TableDef {
        columns: &[
            ColumnDef { name: "id", sql_type: "INTEGER", null: false, default: true },
            ColumnDef { name: "body", sql_type: "TEXT", null: false, default: false },
        ],
        key: &[0],
        assigned: Some(0),
        expiry: Some(ExpiryDef { column: "__written_at", ttl: 3_600_000 }),
        ..table("line", LIVING)
    }
}

program!(Plain, [table("line", LINE)], []);
program!(Hourly, [living()], []);
program!(PlainSteps, [table("line", LINE)], [sql(1, LINE)]);
program!(HourlySteps, [living()], [sql(1, LINE)]);
program!(HourlyMore, [living()], [sql(1, LINE), sql(2, "UPDATE line SET body = body || '!'")]);

const ONE: &str = "INSERT INTO line VALUES (1, 'one')";
const TWO: &str = "INSERT INTO line VALUES (2, 'two')";
const BODIES: &str = "SELECT body FROM line ORDER BY id";

#[test]
fn rows_that_are_there_live_from_the_wake_on_that_gives_them_a_ttl() {
    testing::run("gains", |kit: TestKit| async move {
        kit.objects().get_by_name::<Plain>("a").run(&[ONE]).await?;
        kit.restart().await?;
        kit.advance("5h").await;
        let room = kit.objects().get_by_name::<Hourly>("a");
        assert_eq!(room.rows(BODIES).await?, ["one"]);
        // The wake itself has told when they end.
        let pending = kit.pending_alarms(&room).await?;
        let ends: Vec<i64> = pending.iter().map(|alarm| alarm.due().as_millis() - kit.now().as_millis()).collect();
        assert_eq!(ends, [3_600_000]);
        kit.advance("30m").await;
        room.run(&[TWO]).await?;
        kit.crash().await?;
        assert_eq!(room.rows(BODIES).await?, ["one", "two"]);
        kit.hold_cleanup(true);
        kit.advance("30m").await;
        assert_eq!(room.rows(BODIES).await?, ["two"]);
        // Without the `ttl` nothing is lost that was not deleted.
        kit.restart().await?;
        let room = kit.objects().get_by_name::<Plain>("a");
        assert_eq!(room.rows(BODIES).await?, ["one", "two"]);
        room.run(&["INSERT INTO line VALUES (3, 'three')"]).await?;
        assert_eq!(room.rows(BODIES).await?, ["one", "two", "three"]);
        Ok::<_, do_runtime::Error>(())
    })
    .unwrap();
}

#[test]
fn a_history_gains_a_ttl_without_a_step_and_rows_keep_their_time_through_steps() {
    testing::run("steps", |kit: TestKit| async move { gains_with_steps(kit).await }).unwrap();
}

async fn gains_with_steps(kit: TestKit) -> Result {
    kit.objects().get_by_name::<PlainSteps>("a").run(&[ONE]).await?;
    kit.restart().await?;
    let room = kit.objects().get_by_name::<HourlySteps>("a");
    assert_eq!(room.rows(BODIES).await?, ["one"]);
    kit.advance("30m").await;
    room.run(&[TWO]).await?;
    kit.restart().await?;
    kit.hold_cleanup(true);
    kit.advance("15m").await;
    let room = kit.objects().get_by_name::<HourlyMore>("a");
    assert_eq!(room.rows(BODIES).await?, ["one!", "two!"]);
    kit.advance("15m").await;
    assert_eq!(room.rows(BODIES).await?, ["two!"]);
    kit.advance("30m").await;
    assert_eq!(room.rows(BODIES).await?, [""; 0]);
    // A new object begins so.
    let other = kit.objects().get_by_name::<HourlyMore>("b");
    other.run(&[ONE]).await?;
    assert_eq!(other.rows(BODIES).await?, ["one"]);
    kit.advance("1h").await;
    assert_eq!(other.rows(BODIES).await?, [""; 0]);
    Ok(())
}
