//! The objects of these tests, and what is seen of their streams from outside.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use do_runtime::Dispatch;
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// Bytes of a chunk.
pub(crate) const CHUNK: usize = 64 << 10;

/// What the streams of an object did.
pub(crate) struct Seen {
    /// Chunks or items that were made.
    pub(crate) made: AtomicU64,
    /// Streams that have ended, however.
    ended: watch::Sender<u64>,
}

impl Seen {
    pub(crate) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Waits until so many streams have ended.
    pub(crate) async fn ended(&self, count: u64) {
        let mut ended = self.ended.subscribe();
        let waiting = ended.wait_for(|ended| *ended >= count);
        tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it ends").expect("it is kept");
    }
}

/// What the streams of the object of this name did: a test has objects of its own.
pub(crate) fn seen(name: &str) -> Arc<Seen> {
    static ALL: LazyLock<std::sync::Mutex<std::collections::HashMap<String, Arc<Seen>>>> =
        LazyLock::new(Default::default);
    let new = || Arc::new(Seen { made: AtomicU64::new(0), ended: watch::Sender::new(0) });
    ALL.lock().expect("no panic").entry(name.to_owned()).or_insert_with(new).clone()
}

/// Is dropped with a stream.
struct Ends(Arc<Seen>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.ended.send_modify(|ended| *ended += 1);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) number: u64,
    pub(crate) text: String,
}

impl Item {
    pub(crate) fn new(number: u64) -> Self {
        Item { number, text: format!("item {number}") }
    }
}

#[durable_object(name = "StreamedSource")]
pub(crate) struct Source {
    #[stored]
    count: u64,
}

fn of<O: Dispatch>(this: &This<O>) -> (Arc<Seen>, Ends) {
    let seen = seen(this.name().unwrap_or_default());
    let ends = Ends(seen.clone());
    (seen, ends)
}

#[durable_object]
impl Source {
    #[rpc(public)]
    pub(crate) fn add(&mut self) -> Result<u64> {
        self.count += 1;
        Ok(self.count)
    }

    /// The same, for the kit alone: elsewhere a method may be seen to be slow, and is run elsewhere from then on.
    #[rpc]
    pub(crate) fn add_in_place(&mut self) -> Result<u64> {
        self.add()
    }

    /// So many chunks.
    #[fetch(get, "/chunks/{count}")]
    pub(crate) async fn chunks(this: This<Self>, count: u64) -> Result<Response> {
        let (seen, ends) = of(&this);
        let body = Streaming::produce(|to| async move {
            let _ends = ends;
            for number in 0..count {
                seen.made.fetch_add(1, Ordering::Relaxed);
                to.send(vec![number as u8; CHUNK]).await?;
            }
            Ok(())
        });
        Ok(Response::stream("application/octet-stream", body))
    }

    /// So many bytes at once.
    #[fetch(get, "/plain/{bytes}")]
    pub(crate) async fn plain(bytes: u64) -> Result<Response> {
        Ok(Response::bytes("application/octet-stream", vec![0; bytes as usize]))
    }

    /// Chunks without end, which wait for nothing of the object.
    #[fetch(get, "/endless")]
    pub(crate) fn endless(&self) -> Result<Response> {
        let body = Streaming::produce(|to| async move {
            loop {
                to.send(vec![0; CHUNK]).await?;
            }
        });
        Ok(Response::stream("application/octet-stream", body))
    }

    /// Two chunks, and then an error or a panic.
    #[fetch(get, "/broken/{how}")]
    pub(crate) async fn broken(how: String) -> Result<Response> {
        let body = Streaming::produce(|to| async move {
            to.send("one ").await?;
            to.send("two").await?;
            ensure!(how != "error", "there is no three");
            ensure!(how != "panic" || said(), "it has panicked");
            Ok(())
        });
        Ok(Response::stream("text/plain", body))
    }

    /// A chunk, and then nothing for ever.
    #[fetch(get, "/silent")]
    pub(crate) async fn silent(this: This<Self>) -> Result<Response> {
        let (_, ends) = of(&this);
        let body = Streaming::produce(|to| async move {
            let _ends = ends;
            to.send("here").await?;
            std::future::pending().await
        });
        Ok(Response::stream("text/plain", body).with_header("x-kind", "silent"))
    }

    /// Three chunks with a pause before each.
    #[fetch(get, "/slow/{millis}")]
    pub(crate) async fn slow(this: This<Self>, millis: u64) -> Result<Response> {
        let body = Streaming::produce(move |to| async move {
            for number in 0..3 {
                this.sleep(Duration::from_millis(millis)).await?;
                to.send(format!("{number};")).await?;
            }
            Ok(())
        });
        Ok(Response::stream("text/plain", body))
    }

    /// What a task of its own sends.
    #[fetch(get, "/task/{end}")]
    pub(crate) async fn task(end: String) -> Result<Response> {
        let (sender, body) = Streaming::channel(1);
        tokio::spawn(async move {
            sender.send("from a task").await?;
            match &*end {
                "ended" => sender.end().await,
                "failed" => sender.fail(Error::invalid("no more")).await,
                _ => Ok(()),
            }
        });
        Ok(Response::stream("text/plain", body))
    }

    /// The count, each time that it is asked for.
    #[rpc(public)]
    pub(crate) async fn counts(this: This<Self>) -> Result<Streaming<u64>> {
        let (seen, ends) = of(&this);
        Ok(Streaming::produce(|to| async move {
            let _ends = ends;
            loop {
                let count = this.read(|me, _| Ok(me.count)).await?;
                seen.made.store(count, Ordering::Relaxed);
                to.send(count).await?;
            }
        }))
    }

    /// Hands on what another object counts.
    #[rpc]
    pub(crate) async fn counts_of(this: This<Self>, other: String) -> Result<Streaming<u64>> {
        this.objects().get_by_name::<Source>(&other).counts().await
    }

    /// So many items; then the end, or what is wrong.
    #[rpc(public)]
    pub(crate) async fn items(this: This<Self>, count: u64, wrong: Option<String>) -> Result<Streaming<Item>> {
        ensure!(count != 7, "not seven");
        let (seen, ends) = of(&this);
        Ok(Streaming::produce(move |to| async move {
            let _ends = ends;
            for number in 0..count {
                seen.made.fetch_add(1, Ordering::Relaxed);
                to.send(Item::new(number)).await?;
            }
            match wrong {
                Some(wrong) => Err(Error::new(ErrorKind::Conflict, wrong)),
                None => Ok(()),
            }
        }))
    }

    /// The same in a transaction that counts.
    #[rpc(public)]
    pub(crate) fn counted(&mut self, count: u64) -> Result<Streaming<Item>> {
        self.count += 1;
        Ok(Streaming::produce(move |to| async move {
            for number in 0..count {
                to.send(Item::new(number)).await?;
            }
            Ok(())
        }))
    }

    /// An item, and then nothing for ever.
    #[rpc(public)]
    pub(crate) async fn one_and_silence(this: This<Self>) -> Result<Streaming<Item>> {
        let (_, ends) = of(&this);
        Ok(Streaming::produce(|to| async move {
            let _ends = ends;
            to.send(Item::new(0)).await?;
            std::future::pending().await
        }))
    }

    /// Who calls when the stream calls, and until when.
    #[rpc]
    pub(crate) async fn whom(this: This<Self>, other: String) -> Result<Streaming<String>> {
        Ok(Streaming::produce(|to| async move {
            let other = this.objects().get_by_name::<Source>(&other);
            to.send(other.caller().await?).await
        }))
    }

    #[rpc]
    pub(crate) fn caller(&self, cx: &Cx<Self>) -> Result<String> {
        Ok(format!("{}, {:?}", cx.meta().caller()?, cx.meta().deadline()))
    }

    /// Reads the stream of another object, which says who calls.
    #[rpc]
    pub(crate) async fn reads(this: This<Self>, other: String) -> Result<Vec<String>> {
        let other = this.objects().get_by_name::<Source>(&other);
        other.whom(other.name().unwrap_or_default().to_owned()).await?.collect().await
    }
}

/// Never: it panics.
fn said() -> bool {
    std::panic::panic_any("nothing is said")
}
