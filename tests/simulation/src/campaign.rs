//! Going through seeds, and what is told of one that fails.

use std::path::PathBuf;
use std::time::Duration;

use crate::draw;
use crate::plan::Plan;
use crate::run::{Report, run};
use crate::shrink::{Bounds, shrink};

/// What came of several runs.
#[derive(Debug, Default, Clone, Copy)]
pub struct Totals {
    /// Runs.
    pub runs: u64,
    /// Calls.
    pub calls: u64,
    /// Calls that were acknowledged.
    pub acknowledged: u64,
    /// Crashes and restarts.
    pub starts: u64,
    /// Virtual seconds.
    pub seconds: u64,
}

impl Totals {
    /// Adds a run.
    pub fn add(&mut self, report: &Report) {
        self.runs += 1;
        self.calls += report.calls;
        self.acknowledged += report.acknowledged;
        self.starts += report.starts;
        self.seconds += report.seconds;
    }

    /// One line, for the processor's time that it took.
    pub fn told(&self, processor: Duration) -> String {
        let hours = self.seconds as f64 / 3600.0;
        let an_hour = hours / (processor.as_secs_f64() / 3600.0).max(f64::MIN_POSITIVE);
        format!(
            "{} runs, {} calls, {} acknowledged, {} crashes and restarts, {hours:.0} simulated hours in {:.0} s of processor time: \
             {an_hour:.0} simulated hours a core-hour",
            self.runs,
            self.calls,
            self.acknowledged,
            self.starts,
            processor.as_secs_f64()
        )
    }
}

/// The time of the processor that this process has taken.
pub fn processor_time() -> Duration {
    // Fields 14 and 15 behind the name in brackets, in hundredths of a second.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// A plan that fails, cut down: what is wrong with it, what it does, and how to run it again.
pub fn told(plan: &Plan, bounds: Bounds) -> String {
    let small = shrink(plan, bounds, |plan| run(plan).wrong.is_some());
    let report = run(&small);
    let wrong = report.wrong.unwrap_or_else(|| "it does not fail any more: the run was not repeated exactly".into());
    let file = keep(&small);
    let again = match &file {
        Ok(file) => format!("cargo run -p do-simulation -- --plan {}", file.display()),
        Err(error) => format!("the plan can't be written: {error}"),
    };
    let seed = plan.seed;
    format!(
        "seed {seed} fails: cargo run -p do-simulation -- --seed {seed}\nCut down: {wrong}\n{small}Its history:\n{}\nAgain: {again}",
        report.lines.join("\n")
    )
}

fn keep(plan: &Plan) -> std::io::Result<PathBuf> {
    let file = std::env::temp_dir().join(format!("do-simulation-{}.json", plan.seed));
    std::fs::write(&file, serde_json::to_vec_pretty(plan)?)?;
    Ok(file)
}

/// Runs seeds, and stops at the first that fails; what is told of it.
pub fn seeds(seeds: impl IntoIterator<Item = u64>, totals: &mut Totals, bounds: Bounds) -> Result<(), String> {
    for seed in seeds {
        let plan = draw::plan(seed);
        let report = run(&plan);
        totals.add(&report);
        if let Some(wrong) = report.wrong {
            return Err(format!("{wrong}\n{}", told(&plan, bounds)));
        }
    }
    Ok(())
}
