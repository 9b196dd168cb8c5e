//! Bodies of `#[fetch]` over sockets.

use do_network::Served;

use super::classes::{CHUNK, seen};
use super::peer::{self, Part};

#[tokio::test]
async fn a_body_is_sent_as_fast_as_it_is_read_and_never_in_memory_all_at_once() {
    let served = Served::new(|server| server).await;
    let seen = seen("large");
    // 256 MiB.
    let count = 4096;
    let mut reading = peer::get(&served, "large", &format!("/chunks/{count}")).await;
    assert_eq!(reading.status(), "200");
    assert!(reading.head.contains("transfer-encoding: chunked"), "{}", reading.head);
    let (mut read, mut ahead) = (0, 0);
    let end = loop {
        // What is made waits in the buffers of the two sockets, in those of the connection, or for its turn.
        ahead = ahead.max((seen.made() as usize * CHUNK).saturating_sub(read));
        match reading.chunk().await {
            Part::Chunk(chunk) => read += chunk.len(),
            end => break end,
        }
    };
    assert_eq!((read, end), (count * CHUNK, Part::End));
    assert!(ahead < 32 << 20, "{ahead} bytes were made before they were read");
    seen.ended(1).await;
}

#[tokio::test]
async fn an_error_or_a_panic_in_the_middle_is_seen_as_a_body_that_is_broken_off() {
    let served = Served::new(|server| server).await;
    for how in ["error", "panic"] {
        let (body, end) = peer::get(&served, "any", &format!("/broken/{how}")).await.rest().await;
        assert_eq!((body.as_slice(), end), (b"one two".as_slice(), Part::Broken), "{how}");
    }
    assert_eq!(peer::get(&served, "any", "/broken/not").await.text().await, "one two");
}

#[tokio::test]
async fn a_task_ends_its_stream_in_so_many_words() {
    let served = Served::new(|server| server).await;
    assert_eq!(peer::get(&served, "any", "/task/ended").await.text().await, "from a task");
    for how in ["failed", "dropped"] {
        let (body, end) = peer::get(&served, "any", &format!("/task/{how}")).await.rest().await;
        assert_eq!((body.as_slice(), end), (b"from a task".as_slice(), Part::Broken), "{how}");
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_ends_what_makes_the_stream() {
    let served = Served::new(|server| server).await;
    let mut reading = peer::get(&served, "left", "/chunks/1000000").await;
    assert!(matches!(reading.chunk().await, Part::Chunk(_)));
    drop(reading);
    seen("left").ended(1).await;
    // One that waits for something else too.
    let mut reading = peer::get(&served, "left", "/silent").await;
    assert!(reading.head.contains("x-kind: silent"), "{}", reading.head);
    assert_eq!(reading.chunk().await, Part::Chunk(b"here".to_vec()));
    drop(reading);
    seen("left").ended(2).await;
    // And one that wants the head alone.
    let reading = peer::head(&served, "left", "/silent").await;
    assert_eq!(reading.status(), "200");
    seen("left").ended(3).await;
}

#[tokio::test]
async fn the_deadline_is_for_the_head_and_not_for_the_stream() {
    let served = Served::new(|server| server.deadline("300ms")).await;
    assert_eq!(peer::get(&served, "any", "/slow/150").await.text().await, "0;1;2;");
}
