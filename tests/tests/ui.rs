//! Every mistake has its message. What is legal is in `examples/`, which the build of the tests compiles.

#[test]
fn every_mistake_is_one_error_that_says_what_to_write() {
    // As long as nothing is to pass among them, one cargo checks them all.
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
