//! What a caller bears of a server, and a server of callers that speak HTTP/2.

use std::time::{Duration, Instant};

use do_runtime::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::desk::Desk;
use crate::server::{Life, Wire};

#[tokio::test(flavor = "multi_thread")]
async fn many_calls_go_over_one_connection_at_once() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let wire = Wire::to(life.address).await;
    let afar = Objects::connect(wire.url()).await?;
    // Each takes a while: one after the other they would take minutes. There are more than the server takes at once.
    let begun = Instant::now();
    let calls: Vec<_> = (0..600)
        .map(|number| {
            let afar = afar.clone();
            tokio::spawn(async move {
                let desk = afar.get_by_name::<Desk>(format!("desk {}", number % 7));
                desk.sleep(200).await?;
                desk.put(1, None).await
            })
        })
        .collect();
    for call in calls {
        call.await.expect("no panic")?;
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    let mut sum = 0;
    for number in 0..7 {
        sum += afar.get_by_name::<Desk>(format!("desk {number}")).look().await?;
    }
    assert_eq!((sum, wire.connections()), (600, 1));
    let more = Objects::connector(wire.url()).connections(3).connect().await?;
    for _ in 0..9 {
        more.get_by_name::<Desk>("desk 0").look().await?;
    }
    assert_eq!(wire.connections(), 4);
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_the_wait() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let desk = afar.get_by_name::<Desk>("ann");
    for (call, within) in [(desk.sleep(3_600_000).deadline("50ms"), 50), (desk.hurry(), 60)] {
        let begun = Instant::now();
        let error = call.await.expect_err("it takes an hour");
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        assert!(begun.elapsed() >= Duration::from_millis(within), "{error}");
    }
    let hasty = Objects::connector(life.url()).deadline("50ms").connect().await?;
    let error = hasty.get_by_name::<Desk>("ann").sleep(3_600_000).await.expect_err("it takes an hour");
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    hasty.get_by_name::<Desk>("ann").sleep(100).deadline("10s").await?;
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_unavailable() -> Result {
    // Nobody listens on the port of a listener that is gone.
    let gone = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let error = Objects::connect(format!("http://{gone}")).await.map(drop).expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("can't be reached"), "{error}");
    let lazy = Objects::connector(format!("http://{gone}")).connect_lazily()?;
    let desk = lazy.get_by_name::<Desk>("ann");
    let error = desk.look().retry(RetryPolicy::default().attempts(1)).await.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let error = desk.look().deadline("300ms").await.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");

    // One that takes connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", mute.local_addr().expect("an address"));
    let lazy = Objects::connector(&url).connect_lazily()?;
    let error = lazy.get_by_name::<Desk>("ann").look().deadline("100ms").await.expect_err("it says nothing");
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
    let error =
        Objects::connector(&url).connect_within("100ms").connect().await.map(drop).expect_err("it says nothing");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_server_of_objects_is_told_when_it_is_connected_to() -> Result {
    for (url, said) in [
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("ftp://127.0.0.1", "http://"),
        ("http://ann:s3cret@127.0.0.1", ".bearer"),
        ("ftp://ann:s3cret@127.0.0.1", ".bearer"),
    ] {
        let error = Objects::connect(url).await.map(drop).expect_err("no URL");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(said) && !error.to_string().contains("s3cret"), "{error}");
    }
    let connector = Objects::connector("http://127.0.0.1:1").header("idempotency-key", "7");
    assert_eq!(connector.connect().await.map(drop).expect_err("it is ours").kind(), ErrorKind::Invalid);
    // It speaks HTTP/1 only.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, axum::Router::new()).await });
    let error = Objects::connector(url).connect_within("2s").connect().await.map(drop).expect_err("another server");
    assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unavailable), "{error}");
    serving.abort();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_objects_take_no_call_and_let_those_end_that_are_on_their_way() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let desk = afar.get_by_name::<Desk>("ann");
    let (sleeping, failed) = (
        tokio::spawn(desk.sleep(100)),
        tokio::spawn({
            let afar = afar.clone();
            async move { afar.failed().await }
        }),
    );
    // It is sent once the server has it.
    while life.objects.get_by_name::<Desk>("ann").count().await?.1 == 0 && !sleeping.is_finished() {
        desk.put(1, None).await?;
    }
    afar.close().await?;
    assert_eq!(desk.look().await.expect_err("it is closed").kind(), ErrorKind::Unavailable);
    sleeping.await.expect("no panic")?;
    assert_eq!(failed.await.expect("no panic").kind(), ErrorKind::Unavailable);
    let dropped = Objects::connect(life.url()).await?;
    let desk = dropped.get_by_name::<Desk>("ann");
    drop(dropped);
    assert_eq!(desk.look().await.expect_err("it was dropped").kind(), ErrorKind::Unavailable);
    life.stop().await
}

#[test]
fn a_call_may_be_awaited_outside_of_tokio_and_goes_on_when_it_is_dropped() -> Result {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = runtime.block_on(Life::begin(folder.path(), |server| server));
    let afar = runtime.block_on(Objects::connect(life.url()))?;
    let desk = afar.get_by_name::<Desk>("ann");
    assert_eq!(parked(desk.put(5, None))?, 5);
    let mut call = Box::pin(desk.put(5, None));
    let _ = call.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    drop(call);
    while parked(desk.look())? != 10 {
        std::thread::yield_now();
    }
    assert!(Objects::connector(life.url()).connect_lazily().is_err(), "there is no runtime here");
    runtime.block_on(life.stop())
}

/// Awaits on a thread of no runtime.
fn parked<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::sync::Arc::new(Unpark(std::thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_begins_to_speak_http2_and_stops_is_let_go() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server.arrival("100ms")).await;
    for begun in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n\r\nSM", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut peer = TcpStream::connect(life.address).await.expect("it listens");
        peer.write_all(begun).await.expect("it is sent");
        let mut said = Vec::new();
        // Until the server closes it.
        let _ = tokio::time::timeout(Duration::from_secs(20), peer.read_to_end(&mut said)).await.expect("it is let go");
    }
    // A head that never ends.
    let mut peer = TcpStream::connect(life.address).await.expect("it listens");
    let head =
        [&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..], &[0, 0, 0, 4, 0, 0, 0, 0, 0], &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82]];
    peer.write_all(&head.concat()).await.expect("it is sent");
    let mut said = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), peer.read_to_end(&mut said)).await.expect("it is let go");
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_opens_and_resets_calls_without_end_is_let_go_and_the_others_go_on() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let mut peer = TcpStream::connect(life.address).await.expect("it listens");
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for stream in (1_u32..20_000).step_by(2) {
        // A head that ends, `POST` and `http` and `/`, and then its reset.
        bytes.extend([0, 0, 3, 1, 4].iter().chain(&stream.to_be_bytes()).chain(&[0x83, 0x86, 0x84]));
        bytes.extend([0, 0, 4, 3, 0].iter().chain(&stream.to_be_bytes()).chain(&[0, 0, 0, 8]));
    }
    // It may close before it has read everything.
    let _ = peer.write_all(&bytes).await;
    let mut said = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), peer.read_to_end(&mut said)).await.expect("it is let go");
    assert_eq!(afar.get_by_name::<Desk>("ann").put(5, None).await?, 5);
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_is_too_large_is_refused() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connector(life.url()).header("x-much", "y".repeat(60_000)).connect_lazily()?;
    let error = afar.get_by_name::<Desk>("ann").look().deadline("2s").await.expect_err("it is too large");
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    for key in ["é", " k", "k\n"] {
        let afar = Objects::connect(life.url()).await?;
        let error = afar.get_by_name::<Desk>("ann").nothing().idempotency_key(key).await.expect_err("no header");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_with_a_map_is_the_same_call() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let wire = Wire::to(life.address).await;
    let afar = Objects::connect(wire.url()).await?;
    // What is decoded into a map may be written in another order each time.
    let rows: std::collections::HashMap<String, i64> = (0..50).map(|number| (format!("row {number}"), 1)).collect();
    for name in ["ann", "bob", "eve"] {
        let desk = afar.get_by_name::<Desk>(name);
        for _ in 0..5 {
            assert_eq!(desk.fill(rows.clone()).idempotency_key("fill").await?, 50);
        }
    }
    life.stop().await
}
