//! What reads bytes or text, each as a function that takes a fuzzer's input and asserts what must hold of any: no panic, and
//! what was read is written and read again as the same.
//!
//! Compiled for `cargo fuzz` (which sets `cfg(fuzzing)`) and for tests: the test in `replay` runs the inputs in `fuzz/corpus`.

mod input;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod seeds;
mod texts;

pub(crate) use input::Input;

/// A target: its name, which is that of its folder in `fuzz/corpus`, and the function.
pub type Target = (&'static str, fn(&[u8]));

/// All targets of this crate.
pub const TARGETS: &[Target] = &[
    ("journal_record", crate::journal::fuzzing::record),
    ("journal_batch", crate::journal::fuzzing::batch),
    ("journal_header", crate::journal::fuzzing::header),
    ("journal_recovery", crate::journal::fuzzing::recovery),
    ("page_delta", crate::image::fuzzing::delta),
    ("page_image", crate::image::fuzzing::image),
    ("page_code", crate::store::fuzzing::page),
    ("template_code", crate::store::fuzzing::template),
    ("head_row", crate::store::fuzzing::head),
    ("arguments", crate::object::fuzzing::arguments),
    ("payload", crate::object::fuzzing::payload),
    ("alarm_rule", crate::object::fuzzing::rule),
    ("sql_tokens", crate::sqlite::fuzzing::tokens),
    ("sql_expiring", crate::sqlite::fuzzing::expiring),
    ("sql_declaration", crate::sqlite::fuzzing::declaration),
    ("trace_parent", texts::trace_parent),
    ("duration", texts::duration),
    ("ids_and_json", texts::ids_and_json),
    #[cfg(feature = "http")]
    ("network_paths", crate::http::fuzzing::paths),
    #[cfg(feature = "http")]
    ("network_messages", crate::http::fuzzing::messages),
];

/// Runs a target by its name.
///
/// # Panics
/// If there is no such target, or if it has found a defect.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("a fuzz target is named as in `TARGETS`").1(input);
}
