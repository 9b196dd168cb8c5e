//! The command: one run by its seed, a plan from a file, or one seed after another for some minutes.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use do_simulation::campaign::{self, Totals, processor_time};
use do_simulation::draw;
use do_simulation::plan::Plan;
use do_simulation::run::run;
use do_simulation::shrink::Bounds;

const USAGE: &str = "do-simulation --seed N            runs one seed, and prints its history
do-simulation --minutes M [--seed N]  goes through seeds, from N or from one drawn anew
do-simulation --plan FILE         runs a plan that was written down";

#[derive(Default)]
struct Arguments {
    seed: Option<u64>,
    minutes: Option<f64>,
    plan: Option<String>,
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a value\n{USAGE}"))?;
        let wrong = || format!("{word} {value}: that is no number\n{USAGE}");
        match word.as_str() {
            "--seed" => arguments.seed = Some(value.parse().map_err(|_| wrong())?),
            "--minutes" => arguments.minutes = Some(value.parse().map_err(|_| wrong())?),
            "--plan" => arguments.plan = Some(value),
            _ => return Err(format!("{word} is not known\n{USAGE}")),
        }
    }
    Ok(arguments)
}

fn read(file: &str) -> Result<Plan, String> {
    let text = std::fs::read(file).map_err(|error| format!("{file} can't be read: {error}"))?;
    serde_json::from_slice(&text).map_err(|error| format!("{file} is no plan: {error}"))
}

/// Runs one plan, and prints what happened.
fn one(plan: &Plan) -> Result<(), String> {
    print!("{plan}");
    let report = run(plan);
    report.lines.iter().for_each(|line| println!("{line}"));
    let mut totals = Totals::default();
    totals.add(&report);
    println!("{}", totals.told(processor_time()));
    report.wrong.map_or(Ok(()), Err)
}

fn many(first: u64, minutes: f64) -> Result<(), String> {
    let until = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let mut totals = Totals::default();
    println!("from seed {first}");
    let seeds = (0..).map(|number| first.wrapping_add(number)).take_while(|_| Instant::now() < until);
    let outcome = campaign::seeds(seeds, &mut totals, Bounds::LONG);
    println!("{}", totals.told(processor_time()));
    outcome
}

fn main() -> ExitCode {
    let outcome = arguments().and_then(|arguments| match arguments {
        Arguments { plan: Some(file), .. } => one(&read(&file)?),
        Arguments { minutes: Some(minutes), seed, .. } => many(seed.unwrap_or_else(draw::new_seed), minutes),
        Arguments { seed: Some(seed), .. } => one(&draw::plan(seed)),
        Arguments { seed: None, .. } => Err(USAGE.into()),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            println!("{wrong}");
            ExitCode::FAILURE
        }
    }
}
