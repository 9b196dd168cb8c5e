//! The names of all metrics, and what they mean.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

pub(super) const CALLS: &str = "do_calls_total";
pub(super) const CALL_QUEUE: &str = "do_call_queue_seconds";
pub(super) const CALL_RUN: &str = "do_call_run_seconds";
pub(super) const CALL_COMMIT: &str = "do_call_commit_seconds";
pub(super) const WAKES: &str = "do_wakes_total";
pub(super) const WAKE: &str = "do_wake_seconds";
pub(super) const HIBERNATIONS: &str = "do_hibernations_total";
pub(super) const EVICTIONS: &str = "do_evictions_total";
pub(super) const FENCED: &str = "do_fenced_total";
pub(super) const ALARMS: &str = "do_alarms_total";
pub(super) const ALARM_LATENESS: &str = "do_alarm_lateness_seconds";
pub(super) const ALARMS_GIVEN_UP: &str = "do_alarms_given_up_total";
pub(super) const MESSAGES: &str = "do_outbox_messages_total";
pub(super) const MESSAGE_AGE: &str = "do_outbox_age_seconds";
pub(super) const SOCKET_RECEIVED: &str = "do_socket_messages_total";
pub(super) const SOCKET_SENT: &str = "do_socket_sent_messages_total";
pub(super) const SOCKETS_OPEN: &str = "do_sockets_open";
pub(super) const AWAKE_OBJECTS: &str = "do_awake_objects";
pub(super) const AWAKE_BYTES: &str = "do_awake_bytes";
pub(super) const JOURNAL_HELD: &str = "do_journal_held_bytes";
pub(super) const STORE_WAITING: &str = "do_store_waiting_bytes";

/// Tells the recorder what each metric means.
pub(super) fn describe() {
    describe_counter!(CALLS, "Calls and messages that came to an object, by what came of them.");
    describe_histogram!(CALL_QUEUE, Unit::Seconds, "How long a call waited for its object.");
    describe_histogram!(CALL_RUN, Unit::Seconds, "How long a handler ran.");
    describe_histogram!(CALL_COMMIT, Unit::Seconds, "How long an answer waited until all that it saw was on disk.");
    describe_counter!(WAKES, "Objects that were woken, by whether it went well.");
    describe_histogram!(WAKE, Unit::Seconds, "How long an object took to wake.");
    describe_counter!(HIBERNATIONS, "Objects that left memory.");
    describe_counter!(EVICTIONS, "Objects that left memory because all together took too much; also hibernations.");
    describe_counter!(FENCED, "Handlers that did not return, and whose object went on without them.");
    describe_counter!(ALARMS, "Runs of alarms, by what came of them.");
    describe_histogram!(ALARM_LATENESS, Unit::Seconds, "How long after it was due an alarm began.");
    describe_counter!(ALARMS_GIVEN_UP, "Alarms that failed too often.");
    describe_counter!(MESSAGES, "Attempts to deliver a message of the sender's class, by what came of them.");
    describe_histogram!(MESSAGE_AGE, Unit::Seconds, "How old a message was when its delivery was tried.");
    describe_counter!(SOCKET_RECEIVED, "Messages from clients over WebSockets, by what came of them.");
    describe_counter!(SOCKET_SENT, "Messages to clients over WebSockets.");
    describe_gauge!(SOCKETS_OPEN, "WebSockets that are open.");
    describe_gauge!(AWAKE_OBJECTS, "Objects that are awake.");
    describe_gauge!(AWAKE_BYTES, Unit::Bytes, "Memory of the objects that are awake, about.");
    describe_gauge!(JOURNAL_HELD, Unit::Bytes, "The journal that no checkpoint has made superfluous yet.");
    describe_gauge!(STORE_WAITING, Unit::Bytes, "Pages that wait for the store.");
}
