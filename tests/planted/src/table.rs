//! Which campaigns are to find which defect: those that are likely to, the likeliest first.

use crate::campaign::Campaign;
use crate::programs::Package::{Crash, Runtime, Simulation, Tests};
use crate::programs::Program;

/// Tests in the sources of the runtime.
const fn lib(filter: &'static str) -> Campaign {
    Campaign { program: Program::Sources(Runtime), filter }
}

/// Tests of the runtime alone.
const fn runtime(name: &'static str, filter: &'static str) -> Campaign {
    Campaign { program: Program::Tests(Runtime, name), filter }
}

/// Tests of the two crates together.
const fn tests(name: &'static str, filter: &'static str) -> Campaign {
    Campaign { program: Program::Tests(Tests, name), filter }
}

const CRASHES: Campaign = lib("journal::tests::crash::");
const RECORDS: Campaign = lib("journal::record::");
const FLIGHT: Campaign = lib("journal::tests::flight::");
const GATE: Campaign = lib("journal::tests::gate::");
const JOURNAL: Campaign = lib("journal::tests::round_trip::");
const ROOM: Campaign = lib("journal::tests::room::");
const STORE_CRASHES: Campaign = lib("store::tests::crashes::");
const CHECKPOINTS: Campaign = lib("store::tests::checkpoints::");
const PENDING: Campaign = lib("store::tests::pending::");
const REPLAYS: Campaign = lib("store::tests::replays::");
const PAGES: Campaign = lib("store::tests::pages::");
const LISTING: Campaign = lib("store::tests::listing::");
const WAKES: Campaign = lib("store::tests::wakes::");
const HAND_OVER: Campaign = lib("node::tests::");
const IMAGE: Campaign = lib("image::tests::");
const SWEEPS: Campaign = lib("sqlite::expiry::tests::sweeps::");
const STATEMENTS: Campaign = lib("sqlite::expiry::tests::statements::");
const DATABASE_OUTBOX: Campaign = lib("sqlite::tests::outbox::");
const DATABASE: Campaign = lib("sqlite::tests::transactions::");

const ALARMS: Campaign = runtime("alarms", "");
const ALARMS_MODEL: Campaign = runtime("alarms_model", "");
const SET_ANEW: Campaign = runtime("alarms_durable", "one_that_is_set_anew");
const DURABLE_ALARMS: Campaign = runtime("alarms_durable", "asynchronous");
const FENCE: Campaign = runtime("damage_fence", "");

const CANCELLED: Campaign = tests("alarms", "a_key_cancels");

const CUTS_ALARMS: Campaign = tests("power_cuts", "alarms::");
const CUTS_MESSAGES: Campaign = tests("power_cuts", "a_power_cut_in_a_delivery");
const CUTS_SLOW: Campaign = tests("power_cuts", "slow_receiver");
const CUTS_SHOWN: Campaign = tests("power_cuts", "shown::");
const CUTS_KEYS: Campaign = tests("power_cuts", "keys::a_power_cut_between");
const REFUSED: Campaign = tests("outbox", "refused");
const OUTBOX_ERASED: Campaign = tests("outbox", "erased");
const EXPIRY: Campaign = tests("expiry", "");
const KEYS: Campaign = tests("idempotency", "");
const CUT_OFF: Campaign = tests("idempotency", "cut_off_is_interrupted");
const IDENTITY: Campaign = tests("identity", "");
const TRANSACTIONS: Campaign = tests("transactions", "");
const SOCKETS: Campaign = tests("sockets", "");
const LIVE: Campaign = tests("live", "");
const QUEUE: Campaign = tests("concurrency", "calls_that_wait");

const SIMULATION: Campaign = Campaign { program: Program::Tests(Simulation, "short"), filter: "whatever_happens" };

/// A campaign of the whole runtime, with its name.
pub(crate) type Wide = (&'static str, Campaign);

/// The campaigns of the whole runtime.
pub(crate) const WIDE: &[Wide] = &[
    ("simulation", SIMULATION),
    ("power cuts", tests("power_cuts", "")),
    ("schedules", ALARMS_MODEL),
    ("disk", runtime("damage_disk", "")),
    ("kills", Campaign { program: Program::Tests(Crash, "kill"), filter: "" }),
];

/// A defect by its name, and its campaigns.
pub(crate) const TABLE: &[(&str, &[Campaign])] = &[
    ("acknowledged-before-sync", &[CRASHES]),
    ("second-file-not-synced", &[CRASHES]),
    ("folder-not-synced", &[CRASHES]),
    ("failed-sync-tried-again", &[ROOM]),
    ("released-out-of-order", &[GATE]),
    ("durable-too-far", &[FLIGHT]),
    ("last-of-batch-not-woken", &[GATE]),
    ("stated-too-far", &[CRASHES]),
    ("recycled-too-early", &[JOURNAL, CRASHES]),
    ("reader-ignored", &[JOURNAL]),
    ("record-skipped-at-replay", &[JOURNAL, CRASHES]),
    ("old-life-replayed", &[CRASHES, JOURNAL]),
    ("recovered-not-synced", &[CRASHES]),
    ("bad-checksum-accepted", &[CRASHES, JOURNAL]),
    ("predecessor-ignored", &[RECORDS]),
    ("torn-tail-kept", &[CRASHES, JOURNAL]),
    ("reply-one-too-early", &[CUTS_SHOWN]),
    ("read-not-gated", &[CUTS_SHOWN]),
    ("page-before-record", &[PENDING, STORE_CRASHES]),
    ("applied-not-written", &[REPLAYS, STORE_CRASHES]),
    ("replayed-twice", &[REPLAYS, STORE_CRASHES]),
    ("head-regresses", &[PAGES, STORE_CRASHES]),
    ("older-head-believed", &[WAKES, ALARMS_MODEL]),
    ("old-look-believed", &[SIMULATION, WAKES]),
    ("old-index-believed", &[WAKES]),
    ("cut-off-page-read-again", &[STORE_CRASHES]),
    ("pages-of-another", &[PENDING]),
    ("name-not-listed", &[LISTING]),
    ("deleted-comes-back", &[IDENTITY]),
    ("deleted-pages-come-back", &[PENDING, STORE_CRASHES]),
    ("newer-fate-forgotten", &[LISTING]),
    ("checkpoint-too-far", &[CHECKPOINTS, STORE_CRASHES]),
    ("unfolded-freed", &[CHECKPOINTS]),
    ("sleeper-passed-over", &[HAND_OVER]),
    ("rebuild-forgotten", &[FENCE]),
    ("page-of-zeros-forgotten", &[IMAGE]),
    ("shed-too-early", &[IMAGE]),
    ("next-alarm-not-logged", &[ALARMS_MODEL]),
    ("alarms-forgotten-at-wake", &[ALARMS_MODEL]),
    ("alarm-removed-before", &[CUTS_ALARMS]),
    ("removed-at-its-begin", &[DURABLE_ALARMS]),
    ("repeated-under-another", &[ALARMS, ALARMS_MODEL]),
    ("period-drifts", &[ALARMS, ALARMS_MODEL]),
    ("retry-not-counted", &[ALARMS]),
    ("revision-ignored", &[SET_ANEW]),
    ("failed-alarm-not-cancelled", &[CANCELLED, ALARMS_MODEL]),
    ("alarm-early", &[ALARMS_MODEL]),
    ("latest-first", &[WAKES, ALARMS_MODEL]),
    ("sequence-reused", &[DATABASE_OUTBOX]),
    ("deleted-before-arrival", &[CUTS_MESSAGES]),
    ("inbox-not-noted", &[CUTS_MESSAGES]),
    ("noted-before-it-ran", &[REFUSED, CUTS_SLOW]),
    ("incarnation-ignored", &[DATABASE_OUTBOX]),
    ("next-overtakes", &[REFUSED]),
    ("set-aside-counts", &[REFUSED]),
    ("set-aside-lost", &[DATABASE_OUTBOX, REFUSED]),
    ("erased-too-early", &[OUTBOX_ERASED]),
    ("expired-at-the-instant", &[EXPIRY]),
    ("expired-by-kept-statement", &[EXPIRY]),
    ("expired-by-cascade", &[STATEMENTS, EXPIRY]),
    ("expired-behind-with", &[STATEMENTS, EXPIRY]),
    ("expired-holds-key", &[EXPIRY]),
    ("swept-too-early", &[SWEEPS]),
    ("earliest-not-followed", &[SWEEPS, EXPIRY]),
    ("cleanup-not-scheduled", &[EXPIRY]),
    ("reply-kept-after", &[CUTS_KEYS]),
    ("conflict-not-noticed", &[KEYS]),
    ("reply-swept-early", &[KEYS]),
    ("key-of-anybody", &[KEYS]),
    ("second-call-let-in", &[KEYS]),
    ("interrupted-runs-again", &[CUT_OFF]),
    ("fields-not-undone", &[TRANSACTIONS]),
    ("kept-after-panic", &[TRANSACTIONS]),
    ("size-not-undone", &[IMAGE, DATABASE]),
    ("savepoint-not-undone", &[DATABASE, TRANSACTIONS]),
    ("savepoint-keeps-fields", &[TRANSACTIONS]),
    ("name-lost-asleep", &[IDENTITY]),
    ("name-not-logged", &[IDENTITY]),
    ("init-not-logged", &[IDENTITY]),
    ("name-trimmed", &[IDENTITY]),
    ("late-commit-accepted", &[FENCE]),
    ("last-come-first-served", &[QUEUE]),
    ("socket-not-gated", &[SOCKETS]),
    ("socket-not-undone", &[SOCKETS]),
    ("sockets-forgotten", &[SOCKETS]),
    ("change-not-told", &[LIVE]),
];

/// The campaigns of a defect.
pub(crate) fn campaigns(defect: &str) -> &'static [Campaign] {
    TABLE.iter().find(|(name, _)| *name == defect).map_or(&[], |(_, campaigns)| campaigns)
}
