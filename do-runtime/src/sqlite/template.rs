//! The image that new objects of a class begin as.

use std::sync::Arc;

use super::database::{Database, DatabaseOptions};
use super::{key_values, schema};
use crate::Limits;
use crate::engine::{Engine, Space};
use crate::env::Random;
use crate::error::Result;
use crate::image::{Image, Page};

/// The pages of a fresh database with the runtime's table and these of a class. The same statements give the same bytes. A
/// statement that SQLite refuses is `invalid`.
pub fn build_template(ddl: &[String]) -> Result<Vec<Arc<Page>>> {
    let options = DatabaseOptions { limits: Limits::DEFAULT, random: Arc::new(NoRandom) };
    let database = Database::open(Image::empty(options.limits), &options)?;
    database.begin_exclusive()?;
    database.batch(key_values::TABLE)?;
    for statements in ddl {
        database.batch(statements)?;
    }
    let fingerprint = schema::fingerprint(ddl);
    database.kv_put(Space::Meta, schema::FINGERPRINT, &fingerprint)?;
    schema::SchemaMark::of(&fingerprint).put(&database)?;
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
