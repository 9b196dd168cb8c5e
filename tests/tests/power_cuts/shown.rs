//! What anybody was shown, by a handler that writes or by one that reads beside it, is there after the cut.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use futures::future::join3;

use crate::life::{Life, cut_everywhere};

#[durable_object]
struct Meter {
    #[stored]
    count: u32,
}

#[durable_object]
impl Meter {
    #[rpc]
    fn add(&mut self) -> Result<u32> {
        self.count += 1;
        Ok(self.count)
    }

    #[rpc]
    fn count(&self) -> Result<u32> {
        Ok(self.count)
    }

    /// Sees what was written, and fails.
    #[rpc]
    fn refuse(&mut self) -> Result<u32> {
        Err(Error::invalid(self.count.to_string()))
    }
}

fn meter(kit: &TestKit) -> MeterStub {
    kit.objects().get_by_name::<Meter>("a")
}

struct Shown;

impl Life for Shown {
    /// The highest count that anybody was shown.
    type Told = u32;

    async fn begin(kit: &TestKit) -> Result {
        meter(kit).add().await.map(drop)
    }

    async fn live(kit: &TestKit) -> u32 {
        let mut highest = 1;
        for _ in 0..10 {
            // None of them waits for another: who comes second sees what is on its way to the disk.
            let (added, read, refused) = join3(meter(kit).add(), meter(kit).count(), meter(kit).refuse()).await;
            let refused = refused.expect_err("it always refuses");
            // Any other error says nothing of the count.
            let refused = refused.to_string().parse().unwrap_or(0);
            highest = highest.max(added.unwrap_or(0)).max(read.unwrap_or(0)).max(refused);
        }
        highest
    }

    async fn at_rest(kit: &TestKit, told: &u32) -> Result {
        let count = meter(kit).count().await?;
        ensure!(count >= *told, "{told} was shown, and there is {count}");
        ensure!(meter(kit).add().await? == count + 1, "it goes on");
        Ok(())
    }
}

#[test]
fn a_power_cut_takes_nothing_back_that_anybody_was_shown() {
    cut_everywhere::<Shown>(15);
}
