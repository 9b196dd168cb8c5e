//! `do-planted [--table FILE] [DEFECT…]`: builds the runtime with its deliberate defects (`do-runtime/src/planted.rs`) and the
//! campaigns once, runs the campaigns as they are, then plants one defect after another and runs the campaigns that
//! should find it until one fails. It fails if a campaign fails without a defect, or if none finds one.
//!
//! | file | what is in it |
//! |---|---|
//! | `defects` | the defects that the runtime knows |
//! | `table` | which campaigns are to find which |
//! | `programs` | building, and where the programs are |
//! | `campaign` | running one, within a time limit |
//! | `report` | what has come of it, as a table |

#![allow(clippy::print_stdout)]

mod campaign;
mod defects;
mod programs;
mod report;
mod table;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Instant;

use campaign::{Campaign, Outcome};
use defects::Defect;
use programs::Programs;
use report::Finding;

/// Campaigns that run at once.
const AT_ONCE: usize = 2;

/// What was asked for.
struct Wanted {
    /// The file that gets the table.
    table: Option<String>,
    /// The defects; all, if none is named.
    names: Vec<String>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let wanted = wanted(std::env::args().skip(1))?;
    let rows = chosen(&wanted)?;
    let programs = Programs::build(rows.iter().flat_map(|(_, campaigns)| *campaigns))?;
    let begun = Instant::now();
    let mut campaigns: Vec<&Campaign> = rows.iter().flat_map(|(_, campaigns)| *campaigns).collect();
    campaigns.sort();
    campaigns.dedup();
    println!("{} campaigns without a defect", campaigns.len());
    let failed: Vec<String> =
        each(&campaigns, |campaign| fails_by_itself(campaign, &programs)).into_iter().flatten().collect();
    if !failed.is_empty() {
        return Err(format!("these fail although nothing is planted:\n{}", failed.join("\n")));
    }
    let findings = each(&rows, |(defect, campaigns)| find(defect, campaigns, &programs));
    println!("{} seconds in all", begun.elapsed().as_secs());
    if let Some(file) = &wanted.table {
        std::fs::write(file, report::table(&findings)).map_err(|error| format!("{file} can't be written: {error}"))?;
    }
    let unfound: Vec<&str> =
        findings.iter().filter(|finding| finding.by.is_none()).map(|finding| finding.name).collect();
    match unfound.is_empty() {
        true => Ok(()),
        false => Err(format!("no campaign finds {}", unfound.join(", "))),
    }
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { table: None, names: Vec::new() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--table" => wanted.table = Some(arguments.next().ok_or("--table needs a file")?),
            _ => wanted.names.push(argument),
        }
    }
    Ok(wanted)
}

/// A defect, and the campaigns that are to find it.
type Row = (Defect, &'static [Campaign]);

fn chosen(wanted: &Wanted) -> Result<Vec<Row>, String> {
    let all = defects::all();
    if let Some(name) = wanted.names.iter().find(|name| all.iter().all(|defect| defect.name != **name)) {
        return Err(format!("there is no defect {name:?}: do-runtime/src/planted.rs has them"));
    }
    let chosen =
        all.into_iter().filter(|defect| wanted.names.is_empty() || wanted.names.iter().any(|name| name == defect.name));
    chosen
        .map(|defect| match table::campaigns(defect.name) {
            [] => Err(format!("no campaign is to find {}: tests/planted/src/table.rs says which", defect.name)),
            campaigns => Ok((defect, campaigns)),
        })
        .collect()
}

/// Does something with each, two at a time; in the order given.
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((number, item)) = Some(next.fetch_add(1, Relaxed)).and_then(|n| Some((n, items.get(n)?)))
                {
                    let result = work(item);
                    done.lock().expect("nothing panics while it is held").push((number, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("nothing panics while it is held");
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

fn fails_by_itself(campaign: &Campaign, programs: &Programs) -> Option<String> {
    let begun = Instant::now();
    let outcome = campaign.run(programs, None);
    println!("{campaign}: {outcome}, {:.1} s", begun.elapsed().as_secs_f64());
    (outcome != Outcome::Passed).then(|| format!("{campaign}: {outcome}"))
}

fn find(defect: &Defect, campaigns: &[Campaign], programs: &Programs) -> Finding {
    let begun = Instant::now();
    let found = campaigns.iter().find_map(|campaign| match campaign.run(programs, Some(defect.name)) {
        Outcome::Passed => None,
        outcome => Some((campaign.clone(), outcome)),
    });
    let finding =
        Finding { name: defect.name, sentence: defect.sentence, by: found, seconds: begun.elapsed().as_secs_f64() };
    println!("{finding}");
    finding
}
