//! `do-planted [--wide[=CAMPAIGN]] [--table FILE] [DEFECT…]`: builds the runtime with its deliberate defects (`do-runtime/src/planted.rs`) and the
//! campaigns once, runs the campaigns as they are, then plants one defect after another and runs the campaigns that
//! should find it until one fails. It fails if a campaign fails without a defect, or if none finds one. With `--wide` it
//! runs the campaigns of the whole runtime instead, all with each defect, and tells what they find: that takes hours.
//!
//! | file | what is in it |
//! |---|---|
//! | `defects` | the defects that the runtime knows |
//! | `table` | which campaigns are to find which |
//! | `programs` | building, and where the programs are |
//! | `campaign` | running one, within a time limit |
//! | `report` | what has come of it, as a table |
//! | `wide` | the campaigns of the whole runtime |

#![allow(clippy::print_stdout)]

mod campaign;
mod defects;
mod programs;
mod report;
mod table;
mod wide;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use campaign::{Campaign, Outcome};
use defects::Defect;
use programs::Programs;
use report::Finding;

/// Campaigns that run at once.
const AT_ONCE: usize = 2;

/// How often the campaigns of a defect are run at most: what they draw differs each time, and one draw may pass by what another one meets.
const TRIES: usize = 4;

/// Which campaigns are to be run.
enum Which {
    /// Those that the table says, until one finds the defect.
    Likely,
    /// Those of the whole runtime.
    Wide(Vec<table::Wide>),
}

/// What was asked for.
struct Wanted {
    /// Which campaigns.
    which: Which,
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
    let campaigns: Vec<&Campaign> = match &wanted.which {
        Which::Likely => BTreeSet::from_iter(rows.iter().flat_map(|(_, campaigns)| *campaigns)).into_iter().collect(),
        Which::Wide(wide) => wide.iter().map(|(_, campaign)| campaign).collect(),
    };
    let programs = Programs::build(&campaigns)?;
    let begun = Instant::now();
    let usual = without_defect(&campaigns, &programs)?;
    let (table, unfound) = match &wanted.which {
        Which::Likely => {
            let usual = campaigns.into_iter().zip(usual).collect();
            let findings = each(&rows, |(defect, campaigns)| find(defect, campaigns, &programs, &usual));
            let unfound = findings.iter().filter(|finding| finding.by.is_none()).map(|finding| finding.name);
            (report::table(&findings), unfound.collect())
        }
        Which::Wide(wide) => (wide::table(wide, &wide::lines(wide, &rows, &programs, &usual)), Vec::new()),
    };
    println!("{} seconds in all", begun.elapsed().as_secs());
    if let Some(file) = &wanted.table {
        std::fs::write(file, table).map_err(|error| format!("{file} can't be written: {error}"))?;
    }
    if unfound.is_empty() { Ok(()) } else { Err(format!("no campaign finds {}", unfound.join(", "))) }
}

/// Runs campaigns with nothing planted; how long each takes.
fn without_defect(campaigns: &[&Campaign], programs: &Programs) -> Result<Vec<Duration>, String> {
    println!("{} campaigns without a defect", campaigns.len());
    let runs = each(campaigns, |campaign| run_as_it_is(campaign, programs));
    let (passed, failed): (Vec<_>, Vec<_>) = runs.into_iter().partition(Result::is_ok);
    match failed.is_empty() {
        true => Ok(passed.into_iter().flatten().collect()),
        false => {
            let failed: Vec<String> = failed.into_iter().filter_map(Result::err).collect();
            Err(format!("these fail although nothing is planted:\n{}", failed.join("\n")))
        }
    }
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { which: Which::Likely, table: None, names: Vec::new() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--wide" => wanted.which = Which::Wide(table::WIDE.to_vec()),
            "--table" => wanted.table = Some(arguments.next().ok_or("--table needs a file")?),
            _ => match argument.strip_prefix("--wide=") {
                Some(name) => {
                    let one = table::WIDE.iter().find(|(known, _)| *known == name);
                    let one = one.ok_or_else(|| format!("there is no campaign {name:?} of the whole runtime"))?;
                    wanted.which = Which::Wide(vec![one.clone()]);
                }
                None => wanted.names.push(argument),
            },
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

/// How long each campaign takes without a defect.
type Usual<'c> = BTreeMap<&'c Campaign, Duration>;

fn run_as_it_is(campaign: &Campaign, programs: &Programs) -> Result<Duration, String> {
    let (outcome, took) = campaign.run(programs);
    println!("{campaign}: {outcome}, {:.1} s", took.as_secs_f64());
    if outcome == Outcome::Passed { Ok(took) } else { Err(format!("{campaign}: {outcome}")) }
}

fn find(defect: &Defect, campaigns: &[Campaign], programs: &Programs, usual: &Usual<'_>) -> Finding {
    let begun = Instant::now();
    let found = (0..TRIES).flat_map(|_| campaigns).find_map(|campaign| {
        let usual = usual.get(campaign).copied().unwrap_or_default();
        match campaign.run_with(defect.name, programs, usual) {
            Outcome::Passed => None,
            outcome => Some((campaign.clone(), outcome)),
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let finding = Finding { name: defect.name, sentence: defect.sentence, by: found, seconds };
    println!("{finding}");
    finding
}
