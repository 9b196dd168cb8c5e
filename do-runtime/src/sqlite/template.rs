//! The image that new objects of a class begin as.

use std::sync::Arc;

use super::database::{Database, DatabaseOptions};
use super::history::{Outline, Work};
use super::migrate::ForeignKeys;
use super::{alarms, key_values, schema};
use crate::Limits;
use crate::env::Random;
use crate::error::Result;
use crate::image::{Image, Page};

/// The pages of a fresh database with the runtime's table and these of a class: as its migrations lead to them, if it has
/// any. The same statements give the same bytes. A statement that SQLite refuses is `invalid`; a step that fails, or steps
/// that lead elsewhere, are `storage`.
pub fn build_template(ddl: &[String], steps: &[Outline]) -> Result<Vec<Arc<Page>>> {
    build(ddl, steps, "")
}

/// The same for a class with alarms: to make their table in each object, when it first sets one, takes ten times as long as the
/// rest of its making.
pub fn build_template_with_alarms(ddl: &[String], steps: &[Outline]) -> Result<Vec<Arc<Page>>> {
    build(ddl, steps, alarms::TABLE)
}

fn build(ddl: &[String], steps: &[Outline], besides: &str) -> Result<Vec<Arc<Page>>> {
    let options = DatabaseOptions { limits: Limits::DEFAULT, random: Arc::new(NoRandom) };
    let database = Database::open(Image::empty(options.limits), &options)?;
    if !steps.is_empty() {
        database.foreign_keys(ForeignKeys::Unchecked)?;
    }
    database.begin_exclusive()?;
    database.batch(key_values::TABLE)?;
    if steps.is_empty() {
        ddl.iter().try_for_each(|statements| database.batch(statements))?;
        schema::note(&database, &schema::fingerprint(ddl, &[]))?;
    } else {
        for step in steps {
            // There is nothing to backfill.
            if let Work::Sql(sql) = step.work {
                database.run_step(sql).map_err(|error| step.failed(error))?;
            }
        }
        database.complete_migration(ddl, steps)?;
    }
    database.batch(besides)?;
    database.commit(&mut Vec::new())?;
    database.into_image()?.to_pages()
}

/// A template is the same everywhere.
struct NoRandom;

impl Random for NoRandom {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}
