//! The page in a real browser: the steps are in `page.mjs`.

#[test]
fn two_people_write_in_one_document_over_a_server_that_is_killed() {
    do_browser::try_page("tests/page.mjs", env!("CARGO_BIN_EXE_collab-editor"));
}
