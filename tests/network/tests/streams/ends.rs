//! Readers that stall, and servers that stop.

use std::time::Duration;

use do_network::Served;
use do_runtime::prelude::*;

use super::classes::seen;
use super::peer::{self, Part};

#[tokio::test]
async fn a_reader_that_stalls_is_let_go_and_what_makes_its_stream_too() {
    let served = Served::new(|server| server.stream_idle("300ms")).await;
    let mut reading = peer::get(&served, "stalled", "/chunks/1000000").await;
    // Nothing is read: the buffers fill up, and nobody takes what comes then.
    seen("stalled").ended(1).await;
    let (_, end) = reading.rest().await;
    assert_eq!(end, Part::Broken);
}

#[tokio::test]
async fn a_plain_answer_that_nobody_reads_is_given_up() {
    // One connection at a time: the next one is answered when this one is gone.
    let served = Served::new(|server| server.stream_idle("300ms").connections(1)).await;
    let unread = peer::get(&served, "any", "/plain/67108864").await;
    assert_eq!(peer::get(&served, "any", "/plain/1").await.status(), "200");
    drop(unread);
}

#[tokio::test]
async fn a_stream_that_has_nothing_to_say_is_not_taken_for_a_reader_that_stalls() {
    let served = Served::new(|server| server.stream_idle("50ms")).await;
    assert_eq!(peer::get(&served, "any", "/slow/200").await.text().await, "0;1;2;");
}

#[tokio::test]
async fn a_stream_that_ends_in_time_is_whole_when_the_server_stops() -> Result {
    let served = Served::new(|server| server).await;
    let mut reading = peer::get(&served, "any", "/slow/200").await;
    let first = reading.chunk().await;
    let stopped = served.stop_later();
    assert_eq!((first, reading.rest().await), (Part::Chunk(b"0;".to_vec()), (b"1;2;".to_vec(), Part::End)));
    stopped.await.expect("no panic")
}

#[tokio::test]
async fn a_stream_without_end_is_broken_off_when_the_server_stops() -> Result {
    let served = Served::new(|server| server.drain("200ms")).await;
    let mut silent = peer::get(&served, "stops", "/silent").await;
    assert_eq!(silent.chunk().await, Part::Chunk(b"here".to_vec()));
    let mut unread = peer::get(&served, "stops", "/chunks/1000000").await;
    let stopped = served.stop_later();
    assert_eq!(silent.chunk().await, Part::Broken);
    let (_, end) = unread.rest().await;
    assert_eq!(end, Part::Broken);
    seen("stops").ended(2).await;
    tokio::time::timeout(Duration::from_secs(20), stopped).await.expect("it stops").expect("no panic")
}

#[tokio::test]
async fn a_stream_that_always_has_more_is_broken_off_too_when_the_server_stops() -> Result {
    let served = Served::new(|server| server.drain("100ms")).await;
    let mut reading = peer::get(&served, "any", "/endless").await;
    assert!(matches!(reading.chunk().await, Part::Chunk(_)));
    let stopped = served.stop_later();
    let rest = async {
        loop {
            match reading.chunk().await {
                Part::Chunk(_) => {}
                end => break end,
            }
        }
    };
    assert_eq!(tokio::time::timeout(Duration::from_secs(20), rest).await, Ok(Part::Broken));
    stopped.await.expect("no panic")
}
