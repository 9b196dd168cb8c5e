//! The migrations of a class, as the macros write them down.

use std::fmt;

use super::Cx;
use crate::error::Result;
use crate::sqlite::{Outline, Work};

/// One step of the history of a class's tables.
#[derive(Debug)]
pub struct Migration<O: 'static> {
    /// Its number: 1, 2, 3, …
    pub version: u32,
    /// What is done.
    pub step: Step<O>,
}

/// What a migration does.
pub enum Step<O: 'static> {
    /// Runs SQL: one statement or several.
    Sql(&'static str),
    /// Runs a function of the user's in objects that existed before this step.
    Backfill {
        /// Its name: what tells it from another.
        name: &'static str,
        /// The function.
        run: fn(&mut Cx<O>) -> Result,
    },
}

impl<O: 'static> fmt::Debug for Step<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Sql(sql) => f.debug_tuple("Sql").field(sql).finish(),
            Step::Backfill { name, .. } => f.debug_tuple("Backfill").field(name).finish(),
        }
    }
}

/// The steps without their functions.
pub(crate) fn outlines<O>(migrations: &[Migration<O>]) -> Vec<Outline> {
    let work = |step: &Step<O>| match *step {
        Step::Sql(sql) => Work::Sql(sql),
        Step::Backfill { name, .. } => Work::Backfill(name),
    };
    migrations.iter().map(|migration| Outline { version: migration.version, work: work(&migration.step) }).collect()
}
