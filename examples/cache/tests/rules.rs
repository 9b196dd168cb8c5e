//! What a cache promises.

use cache::{Cached, CachedStub, FRESH, Origin, OriginStub};
use do_runtime::prelude::*;

/// A key with the value `old` at the origin, which nobody has read yet.
async fn key(kit: &TestKit) -> Result<(CachedStub, OriginStub)> {
    let (cached, origin) = (kit.objects().get_by_name::<Cached>("key"), kit.objects().get_by_name::<Origin>("key"));
    in_time(kit, origin.store("old")).await?;
    Ok((cached, origin))
}

/// Lets time go by until it has ended.
async fn in_time<T>(kit: &TestKit, call: impl Future<Output = T>) -> T {
    tokio::join!(call, kit.advance("400ms")).0
}

/// Reads, and takes no old value.
async fn read(kit: &TestKit, cached: &CachedStub) -> Result<String> {
    Ok(in_time(kit, cached.get(None)).await?.value)
}

#[do_runtime::test]
async fn many_readers_are_one_load() -> Result {
    for seed in 0..5 {
        let kit = TestKit::shuffled(seed).await?;
        let (cached, origin) = key(&kit).await?;
        let readers: Vec<_> = (0..100)
            .map(|_| {
                let cached = cached.clone();
                kit.spawn(async move { cached.get(None).await })
            })
            .collect();
        kit.settle().await;
        kit.advance("300ms").await;
        for reader in readers {
            assert_eq!(reader.await?.value, "old");
        }
        assert_eq!(origin.loads().await?, 1, "seed {seed}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_value_is_fresh_for_its_time_and_over_a_crash(kit: TestKit) -> Result {
    let (cached, origin) = key(&kit).await?;
    read(&kit, &cached).await?;
    kit.crash().await?;
    kit.advance(FRESH - millis(101)).await; // it was loaded 100 ms ago
    assert_eq!(cached.get(None).await?.value, "old");
    assert_eq!(origin.loads().await?, 1);
    kit.advance(millis(1)).await;
    read(&kit, &cached).await?;
    assert_eq!(origin.loads().await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn a_write_is_seen_by_the_next_read(kit: TestKit) -> Result {
    let (cached, origin) = key(&kit).await?;
    read(&kit, &cached).await?;
    in_time(&kit, cached.put("new")).await?;
    assert_eq!(cached.get(None).await?.value, "new");
    assert_eq!(origin.loads().await?, 1, "without a load");
    kit.advance(FRESH).await;
    assert_eq!(read(&kit, &cached).await?, "new", "it is at the origin");
    in_time(&kit, origin.store("newer")).await?;
    assert_eq!(cached.get(None).await?.value, "new", "nobody told");
    cached.invalidate().await?;
    assert_eq!(read(&kit, &cached).await?, "newer");
    Ok(())
}

/// The defect of caches that keep whatever they loaded: the old value comes back after a write.
#[do_runtime::test]
async fn a_load_that_began_before_a_write_does_not_undo_it(kit: TestKit) -> Result {
    let (cached, _) = key(&kit).await?;
    for (at, value) in [(100, "one"), (200, "two"), (299, "three")] {
        cached.invalidate().await?;
        let slow = kit.spawn({
            let cached = cached.clone();
            async move { cached.get(None).await }
        });
        kit.settle().await;
        kit.advance(millis(at)).await;
        let (written, ()) = tokio::join!(cached.put(value), kit.advance("1s"));
        written?;
        slow.await?; // what it got may be old: it asked before
        assert_eq!(cached.get(None).await?.value, value);
    }
    Ok(())
}

#[do_runtime::test]
async fn a_read_during_a_write_keeps_nothing_old(kit: TestKit) -> Result {
    let (cached, _) = key(&kit).await?;
    for (at, value) in [(50, "one"), (150, "two"), (349, "three")] {
        let write = kit.spawn({
            let cached = cached.clone();
            async move { cached.put(value).await }
        });
        kit.settle().await;
        kit.advance(millis(at)).await;
        let read_meanwhile = kit.spawn({
            let cached = cached.clone();
            async move { cached.get(None).await }
        });
        kit.advance("1s").await;
        write.await?;
        read_meanwhile.await?;
        assert_eq!(cached.get(None).await?.value, value, "read after {at} ms");
    }
    Ok(())
}

#[do_runtime::test]
async fn writes_at_once_leave_what_the_origin_has() -> Result {
    for seed in 0..10 {
        let kit = TestKit::shuffled(seed).await?;
        let (cached, origin) = key(&kit).await?;
        let writes: Vec<_> = (0..5)
            .map(|number| {
                let cached = cached.clone();
                kit.spawn(async move { cached.put(format!("value {number}")).await })
            })
            .collect();
        kit.settle().await;
        kit.advance("3s").await;
        for write in writes {
            write.await?;
        }
        let value = cached.get(None).await?.value;
        assert_eq!(value, in_time(&kit, origin.load()).await?, "seed {seed}");
    }
    Ok(())
}

/// The defect of caches that are told after the origin: a crash between leaves the old value for as long as it is fresh.
#[do_runtime::test]
async fn a_write_that_a_crash_cuts_off_leaves_no_old_value() -> Result {
    for cut in [20, 200, 349, 350, 399, 400] {
        let kit = TestKit::open(cut).await?;
        let (cached, origin) = key(&kit).await?;
        read(&kit, &cached).await?;
        let write = kit.spawn({
            let cached = cached.clone();
            async move { cached.put("new").await }
        });
        kit.settle().await;
        kit.advance(millis(20)).await;
        let read_meanwhile = kit.spawn({
            let cached = cached.clone();
            async move { cached.get(None).await }
        });
        kit.settle().await;
        kit.advance(millis(cut - 20)).await;
        kit.crash().await?;
        let (_, _) = (write.await, read_meanwhile.await);
        let kept = read(&kit, &cached).await?;
        assert_eq!(kept, in_time(&kit, origin.load()).await?, "cut off after {cut} ms");
    }
    Ok(())
}

#[do_runtime::test]
async fn an_old_value_is_there_if_the_origin_fails_and_it_is_asked_for(kit: TestKit) -> Result {
    let (cached, origin) = key(&kit).await?;
    origin.set_broken(true).await?;
    assert!(cached.get(Some(true)).await.is_err(), "there is none yet");
    origin.set_broken(false).await?;
    read(&kit, &cached).await?;
    kit.advance(FRESH).await;
    origin.set_broken(true).await?;
    assert_eq!(cached.get(None).await.err().map(|error| error.to_string()), Some("the origin is broken".into()));
    let stale = cached.get(Some(true)).await?;
    assert_eq!((stale.value.as_str(), stale.is_stale), ("old", true));
    assert!(in_time(&kit, cached.put("new")).await.is_err(), "a write that fails says so");
    origin.set_broken(false).await?;
    let fresh = in_time(&kit, cached.get(Some(true))).await?;
    assert_eq!((fresh.value.as_str(), fresh.is_stale), ("old", false), "and a failure is not kept");
    Ok(())
}

#[do_runtime::test]
async fn it_works_over_http(kit: TestKit) -> Result {
    let put = kit.fetch("POST", "/rpc/Cached/key/put", r#"{"value": "new"}"#);
    assert_eq!(in_time(&kit, put).await?.code(), 200);
    let read = kit.fetch("POST", "/rpc/Cached/key/get", "{}").await?;
    assert_eq!(read.body_text(), r#"{"value":"new","is_stale":false}"#);
    Ok(())
}
