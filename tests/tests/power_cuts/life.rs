//! What the power is cut in: a life of some objects, and what has to be true of it afterwards.

use do_runtime::env::SeededRandom;
use do_runtime::prelude::*;
use do_runtime::testing::{TestKit, number};

/// Some objects that do something by themselves.
pub(crate) trait Life {
    /// What callers were told before the power went.
    type Told;

    /// After so long nothing is due any more.
    const REST: &'static str = "3h";

    /// What is durable before the first cut.
    async fn begin(_kit: &TestKit) -> Result {
        Ok(())
    }

    /// What the cut comes into. Calls may fail in it, and it goes on.
    async fn live(kit: &TestKit) -> Self::Told;

    /// What callers are shown between the first cut and the second one, if there is one, at whose time it is called last. The power may
    /// have gone already.
    async fn look(_kit: &TestKit, _told: &mut Self::Told) {}

    /// What is true as soon as everything is up again.
    async fn at_once(_kit: &TestKit, _told: &Self::Told) -> Result {
        Ok(())
    }

    /// What is true when nothing is due any more.
    async fn at_rest(kit: &TestKit, told: &Self::Told) -> Result;
}

/// Where the power goes.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// After so many steps of the disk.
    steps: u64,
    /// What was not synced is lost, or torn.
    torn: bool,
    /// Each commit is synced by itself.
    each: bool,
    /// After so many steps of the life that follows, once more.
    again: Option<u64>,
    /// The second cut comes after so many steps of the start already.
    starting: bool,
    /// Of the ids that are drawn, and of what is torn.
    seed: u64,
}

/// Cuts the power in a life, of `least` steps of the disk at least: at every step, or at some of them in the short form.
pub(crate) fn cut_everywhere<L: Life>(least: u64) {
    for each in [true, false] {
        let held = Cut { steps: u64::MAX / 2, torn: false, each, again: None, starting: false, seed: 0 };
        let steps = cut::<L>(held);
        assert!(steps >= least, "{steps} steps are too few to mean anything");
        let stride = if rounds() == 0 { steps.div_ceil(SOME) } else { 1 };
        for (place, steps) in (0..=steps).step_by(stride as usize).enumerate() {
            let torn = place % 2 == 1;
            cut::<L>(Cut { steps, torn, seed: steps, ..held });
            for round in 0..rounds() {
                let seed = number("DO_SEED").unwrap_or(0).wrapping_add(steps * 1_000 + round);
                let again = (round > 0).then(|| SeededRandom::new(seed).below(40));
                cut::<L>(Cut { steps, torn: !torn, again, seed, ..held });
                if round > 0 {
                    cut::<L>(Cut { steps, torn, again, seed, ..held });
                    cut::<L>(Cut { steps, torn, again, starting: true, seed, ..held });
                }
            }
        }
    }
}

/// How many steps the short form tries.
const SOME: u64 = 20;

fn rounds() -> u64 {
    number("DO_POWER_CUTS").unwrap_or(0)
}

/// Lives with the power going in it. How many steps of the disk it came to.
fn cut<L: Life>(cut: Cut) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let lived: Result<u64> = runtime.block_on(async {
        let kit = TestKit::open(cut.seed).await?;
        if cut.each {
            kit.sync_each_commit();
            kit.restart().await?;
        }
        L::begin(&kit).await?;
        kit.settle().await;
        let before = kit.disk().counts().steps();
        kit.disk().cut_power_after(cut.steps);
        let mut told = L::live(&kit).await;
        let steps = kit.disk().counts().steps() - before;
        if !cut.starting {
            start(&kit, cut).await.context("the first start")?;
        }
        if let Some(steps) = cut.again {
            match cut.starting {
                // It fails if the power goes before it is open.
                true => drop(kit.crash_and_cut(cut.torn().as_ref(), steps).await),
                false => kit.disk().cut_power_after(steps),
            }
            kit.advance("10s").await;
            L::look(&kit, &mut told).await;
            // It fails if the power has gone.
            let _ = kit.checkpoint().await;
            kit.advance("10s").await;
            L::look(&kit, &mut told).await;
            start(&kit, cut).await.context("the second start")?;
        }
        kit.settle().await;
        L::at_once(&kit, &told).await.context("at once")?;
        kit.advance(L::REST).await;
        L::at_rest(&kit, &told).await.context("at rest")?;
        Ok(steps)
    });
    lived.unwrap_or_else(|error| panic!("{cut:?}: {error}"))
}

async fn start(kit: &TestKit, cut: Cut) -> Result {
    match cut.torn() {
        Some(random) => kit.crash_torn(&random).await,
        None => kit.crash().await,
    }
}

impl Cut {
    /// What is torn, if anything is.
    fn torn(self) -> Option<SeededRandom> {
        self.torn.then(|| SeededRandom::new(self.seed))
    }
}
