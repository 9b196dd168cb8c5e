//! The cached value of a key.

use std::sync::Arc;
use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

use crate::{Origin, OriginStub};

/// How long a value is fresh.
pub const FRESH: Duration = Duration::from_secs(60);

/// The result of a load that is under way, once there is one.
type Load = watch::Receiver<Option<Result<String>>>;

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The value.
    pub value: String,
    /// Whether it is an old one, because the origin fails.
    pub is_stale: bool,
}

/// What was loaded or written last.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    value: String,
    fresh_until: Timestamp,
}

/// A key, after which the object is named.
#[durable_object]
pub struct Cached {
    #[stored]
    kept: Option<Kept>,
    /// Grows when a write begins and when it ends: a load that began before tells nothing about now.
    #[stored]
    version: u64,
    #[ephemeral]
    is_written: bool,
    #[ephemeral]
    load: Option<Load>,
    /// Writes reach the origin one after the other, so that its last one is the last one here.
    #[ephemeral]
    writers: Arc<Mutex<()>>,
}

/// What becomes of a reader.
enum Plan {
    Take(String),
    Wait(Load),
    /// This one loads for all. With the version at which it begins.
    Load(watch::Sender<Option<Result<String>>>, u64),
}

#[durable_object]
impl Cached {
    /// The value. If it is not fresh, one reader loads it for all; if that fails, an old one will do where `or_stale` says so.
    #[rpc(public)]
    async fn get(this: This<Self>, or_stale: Option<bool>) -> Result<Read> {
        match Self::fresh(&this).await {
            Ok(value) => Ok(Read { value, is_stale: false }),
            Err(error) if or_stale == Some(true) => {
                let kept = this.read(|me, _| Ok(me.kept.clone())).await?;
                kept.map(|kept| Read { value: kept.value, is_stale: true }).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Writes through: to the origin, then here. Every read that begins after this has returned sees it, or what was written later.
    #[rpc(public)]
    async fn put(this: This<Self>, value: String) -> Result {
        let writers = this.read(|me, _| Ok(me.writers.clone())).await?;
        let _turn = writers.lock_owned().await;
        // From here on the old value counts for nothing, on disk too: what if the program ends before the last step?
        this.update(|me, _| {
            me.forget();
            me.is_written = true;
            Ok(())
        })
        .await?;
        let outcome = Self::origin(&this)?.store(&value).await;
        this.update(|me, cx| {
            me.forget(); // a load that began meanwhile too
            me.is_written = false;
            if outcome.is_ok() {
                me.keep(value, cx.now());
            }
            Ok(())
        })
        .await?;
        outcome
    }

    /// Says that the origin was written past the cache. The next read loads.
    #[rpc(public)]
    fn invalidate(&mut self) -> Result {
        self.forget();
        Ok(())
    }

    async fn fresh(this: &This<Self>) -> Result<String> {
        loop {
            match this.update(|me, cx| Ok(me.plan(cx.now()))).await? {
                Plan::Take(value) => return Ok(value),
                Plan::Wait(mut load) => {
                    // One that ended without a result was lost with its reader: look again.
                    if let Ok(result) = load.wait_for(Option::is_some).await
                        && let Some(result) = result.clone()
                    {
                        return result;
                    }
                }
                Plan::Load(landing, version) => {
                    let result = Self::origin(this)?.load().await;
                    this.update(|me, cx| {
                        if me.version == version {
                            me.load = None;
                        }
                        if let Ok(value) = &result
                            && me.version == version
                            && !me.is_written
                        {
                            me.keep(value.clone(), cx.now());
                        }
                        Ok(())
                    })
                    .await?;
                    let _ = landing.send(Some(result.clone())); // nobody else may be there
                    return result;
                }
            }
        }
    }

    fn plan(&mut self, now: Timestamp) -> Plan {
        if let Some(kept) = &self.kept
            && kept.fresh_until > now
        {
            return Plan::Take(kept.value.clone());
        }
        if let Some(load) = &self.load
            && load.has_changed().is_ok()
        {
            return Plan::Wait(load.clone());
        }
        let (landing, load) = watch::channel(None);
        self.load = Some(load);
        Plan::Load(landing, self.version)
    }

    /// The value is not fresh any more, whoever loads it just now; it is kept for those who take an old one.
    fn forget(&mut self) {
        self.version += 1;
        self.load = None;
        if let Some(kept) = &mut self.kept {
            kept.fresh_until = Timestamp::from_millis(0);
        }
    }

    fn keep(&mut self, value: String, now: Timestamp) {
        self.kept = Some(Kept { value, fresh_until: now + FRESH });
    }

    fn origin(this: &This<Self>) -> Result<OriginStub> {
        let key = this.name().context("a key has a name")?;
        Ok(this.objects().get_by_name::<Origin>(key))
    }
}
