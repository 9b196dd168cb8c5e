//! `migrations(1 = "…", 2 = file("…"), 3 = backfill(function))`: how the tables of objects that are there already
//! become the declared ones.
//!
//! | module | what is in it |
//! |---|---|
//! | `parse` | the steps as they are written |
//! | `print` | the steps as a constant |
//! | `check` | replays them over rows, and compares what they leave with the declared tables |
//! | `statements` | the statements of a step |
//! | `replay`, `seed` | running a step in memory, over synthetic rows |
//! | `structure`, `difference` | what a database is made of, and what differs between two |
//! | `full_text` | what is no matter of the steps: it follows the declared tables by itself |
//! | `propose`, `rebuild` | the SQL that is missing, tried out |

#[cfg(feature = "checked-sql")]
mod check;
#[cfg(feature = "checked-sql")]
mod difference;
#[cfg(feature = "checked-sql")]
mod full_text;
mod parse;
mod print;
#[cfg(feature = "checked-sql")]
mod propose;
#[cfg(feature = "checked-sql")]
mod rebuild;
#[cfg(feature = "checked-sql")]
mod replay;
#[cfg(feature = "checked-sql")]
mod seed;
#[cfg(feature = "checked-sql")]
mod statements;
#[cfg(feature = "checked-sql")]
mod structure;
#[cfg(test)]
mod tests;

use proc_macro2::Span;
use syn::Path;

#[cfg(feature = "checked-sql")]
pub(crate) use check::check;
pub(crate) use parse::steps;
pub(crate) use print::constant;

/// One step: what turns the tables of the version before it into those of its own.
pub(crate) struct Step {
    /// Its place in the list, from 1 on.
    pub(crate) version: u32,
    /// Where its number is written.
    pub(crate) at: Span,
    /// What it does.
    pub(crate) kind: StepKind,
}

/// What a step does.
pub(crate) enum StepKind {
    /// It runs these statements.
    Sql { text: String, span: Span },
    /// It runs the statements of a file, whose path is relative to the folder of the crate's `Cargo.toml`.
    File { path: String, text: String, span: Span },
    /// It calls a function.
    Backfill(Path),
}
