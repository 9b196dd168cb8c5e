//! Running the migrations of a class in an object that is waking: all that have not run, in one transaction.

use super::Awake;
use super::awake::words_of;
use crate::call::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::object::{Dispatch, Step, outlines};
use crate::sqlite::{self, ForeignKeys};

impl<O: Dispatch> Awake<O> {
    /// Runs the steps that have not run. References are not looked at meanwhile, so that a table that others refer to can be
    /// made anew; they are checked before the commit.
    pub(super) fn migrate(&mut self, shared: &Shared<O>) -> Result<()> {
        self.cx.database.foreign_keys(ForeignKeys::Unchecked)?;
        let migrated = self.in_one(shared, Self::run_steps);
        self.cx.database.foreign_keys(ForeignKeys::Enforced).and(migrated)
    }

    fn run_steps(&mut self) -> Result<()> {
        let (ddl, steps) = (sqlite::ddl(O::TABLES), outlines(O::MIGRATIONS));
        let done = self.cx.database.migrations_done(&steps, &ddl)?;
        if done < steps.len() {
            self.cx.database.begin_steps()?;
        }
        for (migration, outline) in O::MIGRATIONS.iter().zip(&steps).skip(done) {
            let ran = match migration.step {
                Step::Sql(sql) => self.run(|_, cx| cx.database.run_step(sql)),
                Step::Backfill { run, .. } => self.run(|_, cx| run(cx)),
            };
            ran.unwrap_or_else(|panic| {
                Err(Error::new(ErrorKind::Handler, format!("it panicked: {}", words_of(&*panic))))
            })
            .map_err(|error| outline.failed(error))?;
            // An object is not deleted by what changes its tables.
            self.cx.erased = false;
        }
        self.cx.database.complete_migration(&ddl, &steps)?;
        self.watch_expiry()
    }
}
