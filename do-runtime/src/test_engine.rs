//! A context without a node, for tests of what handlers do with their storage.

use std::sync::Arc;

use crate::Timestamp;
use crate::env::SeededRandom;
use crate::id::IdKey;
use crate::image::Image;
use crate::node::Home;
use crate::object::{Cx, Identity, Object, Surroundings};
use crate::sqlite::{self, Database, DatabaseOptions, build_template};

/// A context of `O` in an exclusive handler, over an empty database with its tables, at the time 1,000.
pub(crate) fn cx<O: Object>() -> Cx<O> {
    let random = Arc::new(SeededRandom::new(1));
    let template = build_template(&sqlite::ddl(O::TABLES), &[]).unwrap();
    let options = DatabaseOptions { limits: O::LIMITS, random: random.clone() };
    let database = Database::open(Image::from_template(&template, O::LIMITS), &options).unwrap();
    database.begin_exclusive().unwrap();
    let ids = IdKey::new([7; 32]);
    let identity = Arc::new(Identity::new(O::CLASS, ids.of_name(O::CLASS, "test"), None));
    let surroundings = Surroundings { identity, home: Home::new(ids, random.clone()), random };
    Cx::new(database, surroundings, Timestamp::from_millis(1_000))
}
