//! Tests of the macros and the runtime together: see `tests/`.
