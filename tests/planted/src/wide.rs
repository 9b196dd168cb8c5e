//! What the campaigns of the whole runtime find, none of which was written for any one defect: a table of all against all.

use std::time::{Duration, Instant};

use crate::Row;
use crate::campaign::{Campaign, Outcome};
use crate::defects::Defect;
use crate::programs::Programs;
use crate::table::Wide;

/// What one campaign came to with one defect; and how long that took.
type Cell = (Outcome, Duration);

/// What all of them came to with one defect.
pub(crate) struct Line {
    defect: Defect,
    cells: Vec<Cell>,
}

/// Runs these campaigns with each of these defects. `usual` is how long each takes without.
pub(crate) fn lines(wide: &[Wide], rows: &[Row], programs: &Programs, usual: &[Duration]) -> Vec<Line> {
    crate::each(rows, |(defect, _)| {
        let cells =
            wide.iter().zip(usual).map(|((_, campaign), usual)| cell(campaign, defect, programs, *usual)).collect();
        let line = Line { defect: *defect, cells };
        println!("{}", line.in_words(wide));
        line
    })
}

fn cell(campaign: &Campaign, defect: &Defect, programs: &Programs, usual: Duration) -> Cell {
    let begun = Instant::now();
    (campaign.run_with(defect.name, programs, usual), begun.elapsed())
}

impl Line {
    fn in_words(&self, wide: &[Wide]) -> String {
        let found = wide.iter().zip(&self.cells).filter(|(_, (outcome, _))| *outcome != Outcome::Passed);
        let found: Vec<String> = found
            .map(|((name, _), (outcome, took))| format!("{name}: {outcome}, {:.1} s", took.as_secs_f64()))
            .collect();
        match found.is_empty() {
            true => format!("{}: found by none", self.defect.name),
            false => format!("{}: {}", self.defect.name, found.join("; ")),
        }
    }
}

/// The table in Markdown: the seconds until each found it, and nothing where it did not.
pub(crate) fn table(wide: &[Wide], lines: &[Line]) -> String {
    let names: String = wide.iter().map(|(name, _)| format!(" {name} |")).collect();
    let mut table = format!("| defect |{names}\n|---|{}\n", "---|".repeat(wide.len()));
    for Line { defect, cells } in lines {
        let cells: String = cells
            .iter()
            .map(|(outcome, took)| match outcome {
                Outcome::Passed => " |".to_owned(),
                Outcome::Hung => " does not end |".to_owned(),
                Outcome::Failed(_) | Outcome::Broke(_) => format!(" {:.1} |", took.as_secs_f64()),
            })
            .collect();
        table.push_str(&format!("| `{}` |{cells}\n", defect.name));
    }
    table
}
