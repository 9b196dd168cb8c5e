//! The cached value of a key.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Origin, OriginStub};

/// How long a value is fresh.
pub const FRESH: Duration = Duration::from_secs(60);

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
}

#[durable_object]
impl Cached {
    /// The value. If it is not fresh, it is loaded once for all; if that fails, an old one will do where `or_stale` says so.
    #[rpc(public)]
    async fn get(this: This<Self>, or_stale: Option<bool>) -> Result<Read> {
        match Self::read(&this).await {
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
        let origin = Self::origin(&this)?;
        // Writes reach the origin one after the other, so that its last one is the last one here.
        let _first = this.first_in_line("write").await?;
        // From here on the old value counts for nothing, on disk too: what if the program ends before the last step?
        this.update(|me, _| {
            me.forget();
            me.is_written = true;
            Ok(())
        })
        .await?;
        let outcome = origin.store(&value).await;
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

    /// A fresh value. Readers of one version share one load: one that began before a write is not for those who come after it.
    async fn read(this: &This<Self>) -> Result<String> {
        let (fresh, version) = this.read(|me, cx| Ok((me.fresh(cx)?, me.version))).await?;
        match fresh {
            Some(value) => Ok(value),
            None => this.share(format!("load {version}"), move |this| Self::load(this, version)).await,
        }
    }

    async fn load(this: This<Self>, version: u64) -> Result<String> {
        if let Some(value) = this.read(Self::fresh).await? {
            return Ok(value); // it has just come
        }
        let value = Self::origin(&this)?.load().await?;
        this.update(|me, cx| {
            if me.version == version && !me.is_written {
                me.keep(value.clone(), cx.now());
            }
            Ok(value)
        })
        .await
    }

    fn fresh(&self, cx: &Cx<Self>) -> Result<Option<String>> {
        Ok(self.kept.as_ref().filter(|kept| kept.fresh_until > cx.now()).map(|kept| kept.value.clone()))
    }

    /// The value is not fresh any more, whoever loads it just now. It is kept for those who take an old one.
    fn forget(&mut self) {
        self.version += 1;
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
