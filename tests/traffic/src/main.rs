//! `do-traffic [EXAMPLE…] --requests N --kills K`: the load generator. It prints a line for each example, and fails if anything that was
//! acknowledged is lost, or a rule is broken.

#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use clap::Parser;
use do_traffic::drive::{Outcome, Plan};
use do_traffic::examples::{NAMES, drive_one};
use do_traffic::programs::Programs;

/// Drives real traffic at the example programs, and kills them in the middle of it.
#[derive(Parser)]
struct Command {
    /// Which ones; all of them if none is named.
    examples: Vec<String>,
    /// How many requests each gets.
    #[arg(long, default_value_t = 20_000)]
    requests: u64,
    /// How often each is killed on the way. It is killed once more before what is there is looked at.
    #[arg(long, default_value_t = 5)]
    kills: u64,
    /// How many users there are at once; if it is not said, as many as suit the example.
    #[arg(long)]
    users: Option<usize>,
    /// What is drawn: the requests, and the moments of the kills.
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Command::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("do-traffic: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, String> {
    let Command { examples, requests, kills, users, seed } = command;
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let names: Vec<&str> =
        if examples.is_empty() { NAMES.to_vec() } else { examples.iter().map(String::as_str).collect() };
    let programs = Programs::of(NAMES)?;
    println!("{requests} requests and {kills} kills each, --seed {seed}\n");
    println!("| example | requests a second | p50 | p99 | acknowledged | refused | unanswered | lost | rules broken |");
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut code = ExitCode::SUCCESS;
    for name in names {
        let outcome = drive_one(name, &programs, Plan { requests, kills, users, seed }).await?;
        show(name, &outcome);
        if !outcome.findings.shown.is_empty() {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn show(name: &str, outcome: &Outcome) {
    let Outcome { took, acknowledged, refused, unanswered, p50, p99, findings } = outcome;
    let answered = acknowledged + refused;
    let rate = answered as f64 / took.as_secs_f64();
    let millis = |time: &std::time::Duration| time.as_secs_f64() * 1_000.0;
    println!(
        "| `{name}` | {rate:.0} | {:.1} ms | {:.1} ms | {acknowledged} | {refused} | {unanswered} | {} | {} |",
        millis(p50),
        millis(p99),
        findings.lost,
        findings.broken
    );
    findings.shown.iter().for_each(|finding| println!("  - {finding}"));
}
