#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| do_runtime::fuzzing::run("network_messages", input));
