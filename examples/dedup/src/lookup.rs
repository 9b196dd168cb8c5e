//! A request, which any number of callers make.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::Upstream;

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_secs(60);

/// The result of a call that is under way, once there is one.
type Flight = watch::Receiver<Option<Result<String>>>;

/// An answer that is kept.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    answer: String,
    until: Timestamp,
}

/// A request, after which the object is named: those of one name are identical.
#[durable_object]
pub struct Lookup {
    #[stored]
    kept: Option<Kept>,
    /// The call that is under way. Those who wait for it end with the process, so it need not be remembered.
    #[ephemeral]
    flight: Option<Flight>,
}

/// What becomes of a caller.
enum Plan {
    /// The answer is there.
    Take(String),
    /// Somebody asks already.
    Wait(Flight),
    /// This one asks, for all.
    Ask(watch::Sender<Option<Result<String>>>),
}

#[durable_object]
impl Lookup {
    /// The answer. Upstream is asked once, however many callers there are.
    #[rpc(public)]
    async fn get(this: This<Self>) -> Result<String> {
        loop {
            match this.update(|me, cx| Ok(me.plan(cx.now()))).await? {
                Plan::Take(answer) => return Ok(answer),
                Plan::Wait(mut flight) => {
                    // One that ended without a result was lost with its caller: look again.
                    if let Ok(result) = flight.wait_for(Option::is_some).await
                        && let Some(result) = result.clone()
                    {
                        return result;
                    }
                }
                Plan::Ask(landing) => {
                    let result = Self::ask(&this).await;
                    let _ = landing.send(Some(result.clone())); // nobody else may be there
                    return result;
                }
            }
        }
    }

    /// Forgets the answer that is kept.
    #[rpc(public)]
    fn forget(&mut self) -> Result {
        self.kept = None;
        Ok(())
    }

    /// The answer is on its way to those who wait once it is kept. A failure is not.
    async fn ask(this: &This<Self>) -> Result<String> {
        let question = this.name().context("a request has a name")?;
        let result = this.objects().get_by_name::<Upstream>("upstream").ask(question).await;
        this.update(|me, cx| {
            me.flight = None;
            if let Ok(answer) = &result {
                me.kept = Some(Kept { answer: answer.clone(), until: cx.now() + KEPT });
            }
            Ok(())
        })
        .await?;
        result
    }

    fn plan(&mut self, now: Timestamp) -> Plan {
        if let Some(kept) = &self.kept
            && kept.until > now
        {
            return Plan::Take(kept.answer.clone());
        }
        if let Some(flight) = &self.flight
            && flight.has_changed().is_ok()
        {
            return Plan::Wait(flight.clone());
        }
        let (landing, flight) = watch::channel(None);
        self.flight = Some(flight);
        Plan::Ask(landing)
    }
}
