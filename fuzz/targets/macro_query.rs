#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| do_fuzz_macros::run("macro_query", input));
