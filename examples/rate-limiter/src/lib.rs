//! A rate limiter: an object for each client, with a log of the hits of each endpoint, so that the limit holds over *any* window of time.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// How often an endpoint may be hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// So many times,
    pub most: u32,
    /// in any stretch of time that is as long as this.
    pub window: Period,
}

/// The limit of an endpoint for which no other was set.
pub const USUAL: Limit = Limit { most: 60, window: Period::new(secs(60)) };

/// A hit that counts. It vanishes by itself when its window is over: what is there, counts.
#[table(index = (endpoint, until))]
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its number.
    #[key]
    pub id: Id<Hit>,
    /// What was hit.
    pub endpoint: String,
    /// When it was.
    #[default(now)]
    pub at: Timestamp,
    /// When it stops to count.
    #[expires_at]
    pub until: Timestamp,
}

/// A hit was allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowed {
    /// How many more would be now.
    pub remaining: u32,
}

/// A hit was refused, and not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[error("more than {} hits in {}: try again in {retry_after}", limit.most, limit.window)]
#[rpc_error(status = 429, retry_after = retry_after)]
pub struct TooMany {
    /// The limit that holds.
    pub limit: Limit,
    /// How long until a hit will be allowed, if nobody else takes it before.
    pub retry_after: Period,
}

/// The limits of one client, after whom the object is named.
#[durable_object(tables(Hit))]
pub struct RateLimiter {
    /// The limits that are not the usual one, by endpoint.
    #[stored]
    limits: BTreeMap<String, Limit>,
}

#[durable_object]
impl RateLimiter {
    /// Hits an endpoint, if that is allowed. Over HTTP a refusal is a 429 with `Retry-After`.
    #[rpc(public)]
    fn hit(&mut self, cx: &mut Cx<Self>, endpoint: String) -> Result<Allowed, CallError<TooMany>> {
        let limit = self.limits.get(&endpoint).copied().unwrap_or(USUAL);
        let counted = Hit::by_endpoint(cx, &endpoint).count()?;
        let free = i64::from(limit.most) - counted;
        if free <= 0 {
            // All have to go but `most - 1`; they go in the order of the index.
            let last_to_go = -free;
            let until = sql!(
                cx,
                Timestamp,
                "SELECT until FROM hit WHERE endpoint = :endpoint ORDER BY until LIMIT 1 OFFSET :last_to_go"
            )
            .one()?;
            bail!(TooMany { limit, retry_after: (until - cx.now()).into() });
        }
        let until = cx.now() + limit.window;
        cx.insert(Hit::new(endpoint, until))?;
        Ok(Allowed { remaining: u32::try_from(free - 1).unwrap_or(u32::MAX) })
    }

    /// Sets the limit of an endpoint. Hits that were counted before count as long as the new window says.
    #[rpc]
    fn set_limit(&mut self, cx: &mut Cx<Self>, endpoint: String, limit: Limit) -> Result {
        ensure!(limit.most > 0, "a limit allows at least one hit");
        ensure!(*limit.window >= millis(1), "a window is at least a millisecond long");
        let begin = cx.now() - limit.window;
        sql!(cx, "DELETE FROM hit WHERE endpoint = :endpoint AND at <= :begin").run()?;
        for hit in Hit::by_endpoint(cx, &endpoint).all()? {
            cx.update(&Hit { until: hit.at + limit.window, ..hit })?;
        }
        self.limits.insert(endpoint, limit);
        Ok(())
    }
}
