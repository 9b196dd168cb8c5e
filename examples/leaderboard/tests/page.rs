//! The page in a real browser: the steps are in `page.mjs`.

#[test]
fn two_players_see_each_other_rise_over_a_server_that_is_killed() {
    do_browser::try_page("tests/page.mjs", env!("CARGO_BIN_EXE_leaderboard"));
}
