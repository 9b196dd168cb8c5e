//! The macros and the runtime together, as a user meets them. There is nothing here but tests: a file of `tests/` for
//! each theme of behaviour, and `tests/ui.rs`, which compiles each file of `ui/`, a mistake a file, and compares what the
//! compiler says with the `.stderr` beside it; the files of `examples/` compile.
//!
//! `TRYBUILD=overwrite cargo test -p do-tests --test ui` writes the messages anew; read them before they are committed: one
//! error, at the token, that says what to write instead.
