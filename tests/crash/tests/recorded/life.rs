//! The life that is recorded.

use std::cell::RefCell;

use do_crash::Told;
use do_runtime::env::Tape;
use do_runtime::prelude::*;
use do_runtime::testing::{SimDisk, TestKit};
use futures::future::join_all;

/// When it begins.
const BEGINNING: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How many entries and errands are on their way at once.
const ENTRIES: i64 = 6;
/// See [`ENTRIES`].
const ERRANDS: i64 = 2;

/// How commits go to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Those of one moment together.
    Together,
    /// Each by itself.
    Each,
}

/// What was done to the disk, and what was said meanwhile.
pub(crate) struct Life {
    pub(crate) tape: Tape,
    /// After how many events what was acknowledged.
    pub(crate) said: Vec<(u64, String)>,
    /// After how many events what time it was.
    times: Vec<(u64, Timestamp)>,
}

impl Life {
    /// Lives, for so many operations.
    pub(crate) fn record(operations: i64, pace: Pace) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(live(operations, pace)).expect("the disk works")
    }

    /// What time it was after so many events.
    pub(crate) fn time(&self, events: u64) -> Timestamp {
        let until = self.times.partition_point(|(at, _)| *at <= events);
        until.checked_sub(1).map_or(BEGINNING, |at| self.times[at].1)
    }

    /// What had been said by then.
    pub(crate) fn told(&self, events: u64) -> Told {
        let mut told = Told::default();
        self.said.iter().take_while(|(at, _)| *at <= events).for_each(|(_, line)| told.take(line));
        told
    }
}

async fn live(operations: i64, pace: Pace) -> Result<Life> {
    let disk = SimDisk::new();
    disk.record();
    let kit = TestKit::open_on(disk.clone(), BEGINNING, 1).await?;
    if pace == Pace::Each {
        kit.sync_each_commit();
        kit.restart().await?;
        kit.disk().record();
    }
    let disk = kit.disk();
    let said = RefCell::new(Vec::new());
    let say = |line| said.borrow_mut().push((disk.recorded(), line));
    let mut times = Vec::new();
    let (mut next, mut errand) = (1, 1);
    for wave in 0.. {
        if next + errand > operations {
            break;
        }
        let entries = (next..next + ENTRIES).map(async |operation| {
            do_crash::entry(kit.objects(), operation).await.map(|line| line.into_iter().for_each(say))
        });
        let errands =
            (errand..errand + ERRANDS).map(async |operation| do_crash::errand(kit.objects(), operation).await.map(say));
        // Sleep and checkpoints come while calls are on their way.
        let beside = async {
            match wave % 15 {
                6 => kit.evict_all().await,
                14 => kit.checkpoint().await,
                _ => Ok(()),
            }
        };
        let (entries, errands, beside) = futures::future::join3(join_all(entries), join_all(errands), beside).await;
        entries.into_iter().chain(errands).chain([beside]).collect::<Result<()>>()?;
        (next, errand) = (next + ENTRIES, errand + ERRANDS);
        times.push((disk.recorded(), kit.now()));
        kit.advance("7ms").await;
        times.push((disk.recorded(), kit.now()));
    }
    kit.objects().close().await?;
    Ok(Life { tape: disk.take_tape(), said: said.into_inner(), times })
}
