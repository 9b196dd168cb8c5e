//! Calls under an idempotency key: applied once, answered each time.
//!
//! A synchronous handler's reply is kept by the transaction of its effects. An asynchronous handler is noted as started
//! before it begins, and its reply when it has returned: one that a crash cut off answers `interrupted`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::{Answer, Cx, Dispatch, Failure, Method, Object, This};
use crate::Timestamp;
use crate::call::{Ran, Slot};
use crate::error::{Error, ErrorKind, Result};
use crate::metadata::Key;
use crate::node::Awake;
use crate::planted::{Defect, planted};
use crate::sqlite::{ReplyRow, ReplyState};

/// How long after it has expired a reply is removed at the latest.
const LATE: Duration = Duration::from_secs(60 * 60);

/// Expired replies that a call under a key removes beside what it does.
const SWEPT: u32 = 100;

/// Runs a synchronous handler with `&mut self`, unless its reply is kept.
pub(crate) fn exclusive_once<O, T, E>(
    awake: &mut Awake<O>,
    slot: &Slot<O>,
    key: &Key,
    handler: impl FnOnce(&mut O, &mut Cx<O>) -> Result<T, E>,
) -> (Result<T, E>, Ran)
where
    O: Dispatch,
    T: Answer,
    E: Failure,
{
    let lifetime = slot.shared.host.node().options().keep_replies;
    if planted(Defect::ReplyKeptAfter) {
        let mut reply = None;
        let (result, ran) = awake.exclusive(&slot.shared, |object, cx| {
            if let Some(ReplyState::Done(reply)) = kept(cx, key)? {
                return Ok(T::from_reply(&reply)?);
            }
            let value = handler(object, cx)?;
            reply = Some(value.to_reply()?);
            Ok(value)
        });
        let Some(reply) = reply.filter(|_| result.is_ok()) else { return (result, ran) };
        let (noted, ran) = awake.exclusive(&slot.shared, |_, cx| keep(cx, key, ReplyState::Done(reply), lifetime));
        return (noted.map_err(E::from).and(result), ran);
    }
    if !slot.shared.has_room() {
        // What is kept is answered all the same.
        let (reply, ran) = awake.shared(&slot.shared, |_, cx| done(cx, key));
        if let Ok(Some(reply)) = reply {
            return (T::from_reply(&reply).map_err(E::from), ran);
        }
    }
    awake.exclusive(&slot.shared, |object, cx| {
        match kept(cx, key)? {
            Some(ReplyState::Done(reply)) => return Ok(T::from_reply(&reply)?),
            Some(ReplyState::Started) => return Err(E::from(interrupted(key))),
            None => {}
        }
        let value = handler(object, cx)?;
        keep(cx, key, ReplyState::Done(value.to_reply()?), lifetime)?;
        Ok(value)
    })
}

/// What is kept under a key.
///
/// # Errors
/// `conflict` if it was used with other arguments.
fn kept<O: Dispatch>(cx: &Cx<O>, key: &Key) -> Result<Option<ReplyState>> {
    match cx.database.reply(key.place(), cx.now())? {
        Some(row) if row.arguments != key.arguments && !planted(Defect::ConflictNotNoticed) => {
            Err(Error::conflict(format!(
                "the idempotency key {:?} was used before, with other arguments: a key stands for one call",
                key.key
            )))
        }
        row => Ok(row.map(|row| row.state)),
    }
}

/// The reply that is kept under a key.
fn done<O: Dispatch>(cx: &Cx<O>, key: &Key) -> Result<Option<Vec<u8>>> {
    Ok(match kept(cx, key)? {
        Some(ReplyState::Done(reply)) => Some(reply),
        Some(ReplyState::Started) | None => None,
    })
}

fn keep<O: Dispatch>(cx: &Cx<O>, key: &Key, state: ReplyState, lifetime: Duration) -> Result<()> {
    let row = ReplyRow { arguments: key.arguments.to_vec(), state };
    cx.sweep_replies(SWEPT)?;
    cx.database
        .put_reply(key.place(), &row, cx.now() + lifetime)
        .map_err(|error| error.context("the reply can't be kept under the call's idempotency key"))
}

fn forget<O: Dispatch>(cx: &Cx<O>, key: &Key) -> Result<()> {
    cx.touch_replies();
    cx.database.remove_reply(key.place())
}

impl<O: Object> Cx<O> {
    /// Removes up to `most` replies that have expired.
    pub(crate) fn sweep_replies(&self, most: u32) -> Result<()> {
        self.touch_replies();
        let now = if planted(Defect::ReplySweptEarly) { self.now() + LATE } else { self.now() };
        self.database.sweep_replies(now, most)
    }

    /// When the object wants to be woken to remove replies that have expired: not for each of them.
    pub(crate) fn replies_due(&self) -> Result<Option<Timestamp>> {
        Ok(self.database.earliest_reply()?.map(|expires| expires + LATE))
    }
}

fn interrupted(key: &Key) -> Error {
    Error::new(
        ErrorKind::Interrupted,
        format!(
            "the call under the idempotency key {:?} was cut off after it had begun, and may have happened in part: it is not run again",
            key.key
        ),
    )
}

/// Calls of one object whose asynchronous handlers run under a key. The semaphore closes when one has ended.
pub(crate) type KeysUnderWay = std::collections::BTreeMap<(Arc<str>, Arc<str>), Arc<Semaphore>>;

/// The right to run an asynchronous handler under a key, while it lives.
pub(crate) struct Claim<O: Dispatch> {
    slot: Arc<Slot<O>>,
    key: Key,
    over: Arc<Semaphore>,
}

impl<O: Dispatch> Drop for Claim<O> {
    fn drop(&mut self) {
        self.slot.shared.keys_under_way.lock().remove(&self.key.name());
        self.over.close();
    }
}

/// How a call under a key of an asynchronous handler goes on.
pub(crate) enum Begun<O: Dispatch> {
    /// Its handler is to be run.
    Run(Claim<O>),
    /// It ran before: its reply.
    Kept(Vec<u8>),
}

/// What is known of a call under a key.
enum Known<O: Dispatch> {
    /// How it goes on.
    Begun(Begun<O>),
    /// It is running: to be looked at again once this closes.
    Running(Arc<Semaphore>),
}

impl<O: Dispatch> Claim<O> {
    /// Notes that a call has begun, durably, unless its reply is kept. While it is running already this waits.
    pub(crate) async fn begin(
        this: &This<O>,
        slot: &Arc<Slot<O>>,
        key: &Key,
        method: &'static Method,
    ) -> Result<Begun<O>> {
        if !slot.shared.has_room()
            && let Ok(Some(reply)) = this.read(|_, cx| done(cx, key)).await
        {
            return Ok(Begun::Kept(reply));
        }
        loop {
            match this.update(|_, cx| Self::look(cx, slot, key, method)).await? {
                // Nobody gives it a permit: this ends when it is closed.
                Known::Running(over) => drop(over.acquire().await),
                Known::Begun(begun) => return Ok(begun),
            }
        }
    }

    fn look(cx: &Cx<O>, slot: &Arc<Slot<O>>, key: &Key, method: &Method) -> Result<Known<O>> {
        let running = slot.shared.keys_under_way.lock().get(&key.name()).cloned();
        let running = running.filter(|_| !planted(Defect::SecondCallLetIn));
        match (kept(cx, key)?, running) {
            (Some(ReplyState::Done(reply)), _) => return Ok(Known::Begun(Begun::Kept(reply))),
            (_, Some(over)) => return Ok(Known::Running(over)),
            (Some(ReplyState::Started), None) if !method.idempotent && !planted(Defect::InterruptedRunsAgain) => {
                return Err(interrupted(key));
            }
            (_, None) => {}
        }
        keep(cx, key, ReplyState::Started, slot.shared.host.node().options().keep_replies)?;
        let over = Arc::new(Semaphore::new(0));
        slot.shared.keys_under_way.lock().insert(key.name(), over.clone());
        Ok(Known::Begun(Begun::Run(Claim { slot: slot.clone(), key: key.clone(), over })))
    }

    /// The handler has returned: keeps its reply, or forgets the call if it failed.
    pub(crate) async fn end<T: Answer, E: Failure>(self, this: &This<O>, result: Result<T, E>) -> Result<T, E> {
        match result {
            Ok(value) => {
                let reply = value.to_reply()?;
                let lifetime = self.slot.shared.host.node().options().keep_replies;
                this.update(|_, cx| keep(cx, &self.key, ReplyState::Done(reply), lifetime)).await?;
                Ok(value)
            }
            Err(error) => {
                // If this fails too, the call under this key answers `interrupted` from now on, which is no lie.
                let _ = this.update(|_, cx| forget(cx, &self.key)).await;
                Err(error)
            }
        }
    }
}
