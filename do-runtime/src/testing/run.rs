//! Running one test: a runtime of its own, a seed, and the seed in the output when the test fails.

use std::fmt::Debug;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::TestKit;
use super::variables::{SEED, seed};

/// What a test returns.
pub trait TestOutcome {
    /// Whether the test failed.
    fn failed(&self) -> bool;
}

impl TestOutcome for () {
    fn failed(&self) -> bool {
        false
    }
}

impl<T, E: Debug> TestOutcome for Result<T, E> {
    fn failed(&self) -> bool {
        self.is_err()
    }
}

/// Runs a test on one thread, with virtual time and a seed: what `#[do_runtime::test]` becomes.
///
/// # Panics
/// If `DO_SEED` is no number, and as the test does.
pub fn run<R: TestOutcome, F: Future<Output = R>>(name: &'static str, test: impl FnOnce(TestKit) -> F) -> R {
    let seed = seed();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for the test can be made");
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let kit = TestKit::open(seed).await.expect("a folder in memory can be opened");
            test(kit).await
        })
    }));
    let failed = outcome.as_ref().map_or(true, TestOutcome::failed);
    if failed {
        eprintln!("{name} ran with seed {seed}: {SEED}={seed} runs it again");
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}
