//! What the macros say to a user. There is nothing here but `tests/ui.rs`: it compiles each file of `ui/`, a mistake
//! a file, and compares what the compiler says with the `.stderr` beside it; the files of `ui/pass/` compile.
//!
//! `TRYBUILD=overwrite cargo test -p do-tests` writes the messages anew; read them before they are committed: one error,
//! at the token, that says what to write instead.
