//! The modules of do-macros, by their paths, for the fuzz targets.
#![allow(dead_code, unreachable_pub)]

#[path = "../../../do-macros/src/carry/mod.rs"]
mod carry;
#[path = "../../../do-macros/src/cron.rs"]
mod cron;
#[path = "../../../do-macros/src/derive/mod.rs"]
mod derive;
#[path = "../../../do-macros/src/duration.rs"]
mod duration;
#[path = "../../../do-macros/src/fuzzing.rs"]
mod fuzzing;
#[path = "../../../do-macros/src/generics.rs"]
mod generics;
#[path = "../../../do-macros/src/item.rs"]
mod item;
#[path = "../../../do-macros/src/kit_test.rs"]
mod kit_test;
#[path = "../../../do-macros/src/methods/mod.rs"]
mod methods;
#[path = "../../../do-macros/src/migrations/mod.rs"]
mod migrations;
#[path = "../../../do-macros/src/misplaced.rs"]
mod misplaced;
#[path = "../../../do-macros/src/object/mod.rs"]
mod object;
#[path = "../../../do-macros/src/options.rs"]
mod options;
#[path = "../../../do-macros/src/problems.rs"]
mod problems;
#[path = "../../../do-macros/src/query/mod.rs"]
mod query;
#[path = "../../../do-macros/src/raw.rs"]
mod raw;
#[path = "../../../do-macros/src/schema.rs"]
mod schema;
#[path = "../../../do-macros/src/size.rs"]
mod size;
#[path = "../../../do-macros/src/sql/mod.rs"]
mod sql;
#[path = "../../../do-macros/src/sqlite/mod.rs"]
mod sqlite;
#[path = "../../../do-macros/src/strip.rs"]
mod strip;
#[path = "../../../do-macros/src/suggest.rs"]
mod suggest;
#[path = "../../../do-macros/src/table/mod.rs"]
mod table;
#[path = "../../../do-macros/src/types.rs"]
mod types;

/// Runs a target by its name.
///
/// # Panics
/// If there is no such target, or if it has found a defect.
pub fn run(name: &str, input: &[u8]) {
    let target = fuzzing::TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("a fuzz target is named as in `TARGETS`").1(input);
}
