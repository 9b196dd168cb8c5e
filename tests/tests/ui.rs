//! Every mistake has its message, and what is legal compiles.

#[test]
fn every_mistake_is_one_error_that_says_what_to_write() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    cases.pass("ui/pass/*.rs");
}
