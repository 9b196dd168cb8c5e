//! The short form: a few hundred requests for each example, one kill among them and one after them.
//!
//! `DO_SEED` repeats what is drawn; which requests meet the kill is for the machine to say. The long form is `do-traffic`.

use do_traffic::drive::Plan;
use do_traffic::examples::{NAMES, drive_one};
use do_traffic::programs::Programs;
use do_traffic::tours::interrupt;

/// How many requests each gets.
const REQUESTS: u64 = 300;

fn seed() -> u64 {
    std::env::var("DO_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..1_000_000))
}

/// All programs. They are looked for once, and built together if need be.
fn programs() -> &'static Programs {
    static PROGRAMS: std::sync::OnceLock<Programs> = std::sync::OnceLock::new();
    PROGRAMS.get_or_init(|| Programs::of(NAMES).expect("the programs can be built"))
}

fn keeps_its_rules(name: &str) {
    let plan = Plan { requests: REQUESTS, kills: 1, users: None, seed: seed() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.expect("a runtime").block_on(drive_one(name, programs(), plan)).expect("it can be driven");
    assert!(outcome.acknowledged > 0, "nothing was acknowledged: {outcome:?}");
    let findings = outcome.findings;
    assert!(findings.shown.is_empty(), "DO_SEED={}: {} lost, {}", plan.seed, findings.lost, findings.shown.join("\n"));
}

macro_rules! short {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            fn $test() {
                keeps_its_rules($name);
            }
        )*

        #[test]
        fn each_example_has_traffic() {
            assert_eq!(NAMES, [$($name),*]);
        }
    };
}

short! {
    analytics_counts_what_was_sent: "analytics",
    a_read_of_the_cache_sees_the_write_before_it: "cache",
    a_chat_room_keeps_what_anybody_heard: "chat-room",
    a_document_keeps_every_edit_once: "collab-editor",
    dedup_asks_once_for_all: "dedup",
    a_fleet_and_its_managers_agree: "fleet",
    a_game_server_and_its_matches_agree: "game-server",
    a_device_gets_its_commands: "iot-device",
    a_group_never_has_two_leaders: "leader-election",
    a_leaderboard_ranks_as_if_counted_anew: "leaderboard",
    a_lock_has_one_holder_at_a_time: "lock",
    a_quota_is_never_overdrawn: "quota",
    a_rate_limiter_allows_no_more_in_any_window: "rate-limiter",
    a_scheduler_posts_each_event_once: "scheduler",
    a_search_finds_what_is_there_now: "search",
    a_sharded_counter_has_the_sum_of_what_was_hit: "sharded-counter",
    a_tenant_has_all_of_a_customer_or_nothing: "tenant-db",
    a_letter_arrives_once: "user-hub",
    a_session_keeps_its_cart: "user-session",
    a_workflow_takes_each_step_once: "workflow",
}

#[test]
fn every_tour_ends_well_after_one_that_was_killed() {
    let seed = seed();
    let mut random = fastrand::Rng::with_seed(seed);
    // Three at a time: some tours wait, for leases and heartbeats.
    let failed: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = NAMES
            .chunks(NAMES.len().div_ceil(3))
            .map(|names| {
                let mut random = random.fork();
                scope.spawn(move || {
                    names.iter().filter_map(|name| interrupt(programs(), name, 1_500, &mut random).err()).collect()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|_| vec!["it panicked".to_owned()])).collect()
    });
    assert!(failed.is_empty(), "DO_SEED={seed}: {}", failed.join("\n"));
}
