//! Rows that expire: deleted by the cleanup, or by a handler that writes, in several transactions.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use serde::{Deserialize, Serialize};

use crate::life::{Life, cut_everywhere};

/// Lives half a minute.
#[table(ttl = "30s")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pass {
    #[key]
    id: Id<Pass>,
    number: i64,
}

/// Goes with its pass.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stamp {
    #[key]
    id: Id<Stamp>,
    #[references(on_delete = cascade)]
    pass: Id<Pass>,
}

/// Stays.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    #[key]
    id: Id<Visit>,
    number: i64,
}

#[durable_object(tables(Pass, Stamp, Visit))]
struct Gate;

#[durable_object]
impl Gate {
    /// More than is deleted in one transaction, and a few that refer to them.
    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.sql_unchecked(
            "INSERT INTO pass (number)
             WITH RECURSIVE count(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count LIMIT 2500) SELECT n FROM count",
            (),
        )
        .run()?;
        cx.sql_unchecked("INSERT INTO stamp (pass) SELECT id FROM pass WHERE number % 100 = 0", ()).run()?;
        Ok(())
    }

    #[rpc]
    fn visit(&mut self, cx: &mut Cx<Self>, number: i64) -> Result<i64> {
        let seen = cx.sql_unchecked("SELECT count(*) FROM pass", ()).one()?;
        cx.insert(Visit::new(number))?;
        cx.insert(Pass::new(number))?;
        Ok(seen)
    }

    #[rpc]
    fn counts(&self, cx: &Cx<Self>) -> Result<(i64, i64, Vec<i64>)> {
        Ok((
            cx.sql_unchecked("SELECT count(*) FROM pass", ()).one()?,
            cx.sql_unchecked("SELECT count(*) FROM stamp", ()).one()?,
            cx.sql_unchecked("SELECT number FROM visit ORDER BY id", ()).all()?,
        ))
    }
}

fn gate(kit: &TestKit) -> GateStub {
    kit.objects().get_by_name::<Gate>("a")
}

/// Whether the visit was acknowledged, and its pass is still good.
struct Told {
    visited: bool,
}

async fn begin(kit: &TestKit) -> Result {
    gate(kit).fill().await?;
    kit.advance("29s").await;
    kit.checkpoint().await
}

async fn at_once(kit: &TestKit, told: &Told) -> Result {
    let (passes, stamps, visits) = gate(kit).counts().await?;
    ensure!(stamps == 0, "{stamps} stamps of passes that have expired");
    ensure!(visits == [1] || visits.is_empty() && !told.visited, "the visits are {visits:?}");
    ensure!(passes <= visits.len() as i64, "{passes} passes after {visits:?}");
    Ok(())
}

async fn at_rest(kit: &TestKit, told: &Told) -> Result {
    at_once(kit, told).await?;
    ensure!(gate(kit).counts().await?.0 == 0, "a pass is good for ever");
    let left = (kit.physical_rows::<Pass>(&gate(kit)).await?, kit.physical_rows::<Stamp>(&gate(kit)).await?);
    ensure!(left == (0, 0), "the cleanup has left {left:?}");
    ensure!(kit.pending_alarms(&gate(kit)).await?.is_empty(), "it is due again");
    Ok(())
}

/// Deleted by the cleanup.
struct Cleanup;

impl Life for Cleanup {
    type Told = Told;

    async fn begin(kit: &TestKit) -> Result {
        begin(kit).await
    }

    async fn live(kit: &TestKit) -> Told {
        kit.advance("1s").await;
        let _ = kit.checkpoint().await;
        let visited = gate(kit).visit(1).await;
        if let Ok(seen) = &visited {
            assert_eq!(*seen, 0, "the handler met passes that had expired");
        }
        kit.advance("2h").await;
        let _ = kit.checkpoint().await;
        Told { visited: visited.is_ok() }
    }

    async fn at_once(kit: &TestKit, told: &Told) -> Result {
        at_once(kit, told).await
    }

    async fn at_rest(kit: &TestKit, told: &Told) -> Result {
        at_rest(kit, told).await
    }
}

/// Deleted by a handler that writes, while the cleanup is held back.
struct Writer;

impl Life for Writer {
    type Told = Told;

    async fn begin(kit: &TestKit) -> Result {
        kit.hold_cleanup(true);
        begin(kit).await
    }

    async fn live(kit: &TestKit) -> Told {
        kit.advance("1s").await;
        let visited = gate(kit).visit(1).await;
        if let Ok(seen) = &visited {
            assert_eq!(*seen, 0, "the handler met passes that had expired");
        }
        let _ = kit.checkpoint().await;
        kit.hold_cleanup(false);
        Told { visited: visited.is_ok() }
    }

    async fn at_once(kit: &TestKit, told: &Told) -> Result {
        at_once(kit, told).await
    }

    async fn at_rest(kit: &TestKit, told: &Told) -> Result {
        at_rest(kit, told).await
    }
}

#[test]
fn a_power_cut_in_a_cleanup_leaves_nothing_that_has_expired_and_takes_nothing_else() {
    cut_everywhere::<Cleanup>(12);
}

#[test]
fn a_power_cut_in_a_handler_that_deletes_what_has_expired_takes_nothing_else() {
    cut_everywhere::<Writer>(8);
}
