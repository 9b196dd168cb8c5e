//! The moderator: what was reported, and what becomes of it.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{ChatRoom, Message};

/// The name of the one moderator of this house.
pub const HOUSE: &str = "house";

/// A message that somebody reported. It is kept for ninety days, longer than the message itself.
#[table(ttl = "90d", index = verdict)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Its number at the moderator.
    #[key]
    pub id: Id<Report>,
    /// The room that sent it.
    pub room: String,
    /// The message, as it was when it was reported.
    #[column(json)]
    pub message: Message,
    /// What is wrong with it.
    pub reason: String,
    /// What was decided; nothing while it is open.
    #[default(None)]
    pub verdict: Option<Verdict>,
    /// When it arrived.
    #[default(now)]
    pub at: Timestamp,
}

/// What a moderator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Column)]
pub enum Verdict {
    /// The message has to go.
    Upheld,
    /// It may stay.
    Dismissed,
}

/// Receives what rooms report, and sends them its verdicts.
#[durable_object(tables(Report))]
pub struct Moderator;

#[durable_object]
impl Moderator {
    /// Files a report. It comes through the outbox of a room, so that the caller is this room.
    #[rpc]
    fn file(&mut self, cx: &mut Cx<Self>, message: Message, reason: String) -> Result {
        let caller = cx.meta().caller()?;
        let room = caller.object().and_then(|room| room.name()).context("reports come from rooms that have a name")?;
        cx.insert(Report::new(room, message, reason))?;
        info!(room, "reported");
        Ok(())
    }

    /// The reports that nobody has decided on, the oldest first.
    #[rpc]
    fn open(&self, cx: &Cx<Self>) -> Result<Vec<Report>> {
        Report::by_verdict(cx, None).all()
    }

    /// A report, while it is kept.
    #[rpc]
    fn report(&self, cx: &Cx<Self>, id: Id<Report>) -> Result<Option<Report>> {
        cx.get(id)
    }

    /// Closes a report and sends the verdict to its room: both with one transaction.
    #[rpc]
    fn close(&mut self, cx: &mut Cx<Self>, id: Id<Report>, verdict: Verdict) -> Result {
        let mut report = cx.get::<Report>(id)?.context("there is no such report")?;
        ensure!(report.verdict.is_none(), "this report is closed already");
        report.verdict = Some(verdict);
        cx.update(&report)?;
        let room = cx.objects().get_by_name::<ChatRoom>(report.room);
        cx.send(room.judge(report.message, verdict))
    }
}
