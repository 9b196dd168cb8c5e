//! Handlers that do not return.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use do_runtime::prelude::*;

use crate::apart::{Confined, Lines, apart, nothing, within};

static BEGUN: AtomicBool = AtomicBool::new(false);
static GO_ON: AtomicBool = AtomicBool::new(false);

#[durable_object(limits(run = "200ms"))]
struct Mill {
    #[stored]
    sacks: i64,
}

#[durable_object]
impl Mill {
    #[rpc]
    fn grind(&mut self, cx: &mut Cx<Self>) -> Result<i64> {
        self.sacks += 1;
        cx.kv_mut().put("sacks", &self.sacks)?;
        Ok(self.sacks)
    }

    #[rpc]
    fn look(&self, cx: &Cx<Self>) -> Result<(i64, i64)> {
        Ok((self.sacks, cx.kv().get("sacks")?.unwrap_or(0)))
    }

    /// Writes, and does not return until it may.
    #[rpc]
    fn turn_for_ever(&mut self, cx: &mut Cx<Self>) -> Result<i64> {
        let sacks = self.grind(cx)?;
        BEGUN.store(true, SeqCst);
        while !GO_ON.load(SeqCst) {
            std::thread::yield_now();
        }
        Ok(sacks)
    }

    #[rpc(slow)]
    fn turn_apart(&mut self, cx: &mut Cx<Self>) -> Result<i64> {
        self.turn_for_ever(cx)
    }

    #[rpc(slow)]
    fn ask_for_ever(&mut self, cx: &mut Cx<Self>) -> Result<i64> {
        self.grind(cx)?;
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
        cx.sql_unchecked(sql, ()).one()
    }
}

/// Calls until the object answers again.
async fn answer_of(mill: &MillStub) -> (i64, i64) {
    within("the object answers again", async || {
        mill.look().await.inspect_err(|error| assert_eq!(error.kind(), ErrorKind::Deadline, "{error}"))
    })
    .await
}

#[test]
fn a_handler_that_does_not_return_ends_in_deadlines_a_report_and_an_object_that_goes_on() {
    apart(
        "endless::a_handler_that_does_not_return_ends_in_deadlines_a_report_and_an_object_that_goes_on",
        Confined::Alone,
        nothing,
        async |folder: PathBuf| {
            let lines = Lines::listen();
            let objects = Objects::open(&folder).await?;
            let mill = objects.get_by_name::<Mill>("old");
            assert_eq!(mill.grind().await?, 1);

            // The caller of a `slow` method is told, and so is who waits behind it.
            let stuck = tokio::spawn({
                let mill = mill.clone();
                async move { mill.turn_apart().await }
            });
            within("it begins", async || BEGUN.load(SeqCst).then_some(()).ok_or("it did not")).await;
            let waiting = mill.grind().await.expect_err("it waits behind");
            assert_eq!((waiting.kind(), waiting.is_retryable()), (ErrorKind::Deadline, true), "{waiting}");
            let told = stuck.await.context("its caller")?.expect_err("it does not return");
            assert_eq!(told.kind(), ErrorKind::Deadline, "{told}");

            // The thread that is stuck is reported, with the object.
            let line = lines.with("the thread stays stuck").expect("it is reported");
            let id = mill.id().to_string();
            assert!(line.contains("Mill") && line.contains("old") && line.contains(&id), "{line}");

            // The object goes on from what is durable, and what the stuck handler still does is refused.
            assert_eq!(answer_of(&mill).await, (1, 1));
            assert_eq!(mill.grind().await?, 2);
            GO_ON.store(true, SeqCst);
            assert_eq!(mill.look().await?, (2, 2));

            // SQL is interrupted after the limit.
            let endless = mill.ask_for_ever().await.expect_err("it never ends");
            assert_eq!(endless.kind(), ErrorKind::Deadline, "{endless}");
            assert_eq!(answer_of(&mill).await, (2, 2));
            assert_eq!(mill.grind().await?, 3);
            objects.close().await
        },
        async |folder| {
            let objects = Objects::open(&folder).await?;
            assert_eq!(objects.get_by_name::<Mill>("old").look().await?, (3, 3));
            objects.close().await
        },
    );
}
