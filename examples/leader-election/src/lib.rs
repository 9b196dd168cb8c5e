//! Leader election: members of a group are heard, one of them leads, and its term fences off those who led before.

use std::time::Duration;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A member that was not heard for so long is gone. Members send a heartbeat at least twice in this time.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A member that is there. It vanishes when it is not heard for five seconds.
#[table(ttl = "5s", ttl_from = heard)]
#[derive(Debug, Clone)]
pub struct Member {
    /// Who joined first has the lowest.
    #[key]
    pub id: Id<Member>,
    /// What it calls itself.
    #[unique]
    pub name: String,
    /// Its last heartbeat.
    #[default(now)]
    pub heard: Timestamp,
}

/// Who leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// The member.
    pub name: String,
    /// The fencing token: greater than that of every leader before. What the leader writes to refuses a lower one than it has seen.
    pub term: u64,
    /// It leads until then, if it is not heard before.
    pub until: Timestamp,
}

/// The member does not lead, or not in this term any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
#[error("you do not lead this group in this term")]
#[rpc_error(status = 409)]
pub struct NotLeader;

/// A group, after which the object is named.
#[durable_object(tables(Member))]
pub struct Group {
    /// Who was elected last. It leads for as long as it is a member.
    #[stored]
    elected: Option<String>,
    /// The term of who was elected last.
    #[stored]
    term: u64,
}

#[durable_object]
impl Group {
    /// Says that a member is there, and learns who leads. Who was gone, or is new, joins behind the others.
    #[rpc(public)]
    fn heartbeat(&mut self, cx: &mut Cx<Self>, name: String) -> Result<Leader> {
        ensure!(!name.is_empty(), "a member has a name");
        self.elect(cx)?; // a leader who comes too late does not lead any more
        match Member::by_name(cx, &name)? {
            Some(member) => cx.update(&Member { heard: cx.now(), ..member })?,
            None => drop(cx.insert(Member::new(name))?),
        }
        self.elect(cx)?.context("a member was just heard, and nobody leads")
    }

    /// Gives leadership up, and leaves the group. The member that has been there longest follows at once.
    #[rpc(public)]
    fn release(&mut self, cx: &mut Cx<Self>, name: &str, term: u64) -> Result<(), CallError<NotLeader>> {
        let leads = self.leader(cx)?.is_some_and(|leader| leader.name == name && leader.term == term);
        ensure!(leads, NotLeader);
        sql!(cx, "DELETE FROM member WHERE name = :name").run()?;
        self.elect(cx)?;
        Ok(())
    }

    /// Who leads, if anybody does.
    #[rpc(public)]
    fn leader(&self, cx: &Cx<Self>) -> Result<Option<Leader>> {
        let Some(name) = &self.elected else { return Ok(None) };
        let leader = Member::by_name(cx, name)?;
        Ok(leader.map(|Member { name, heard, .. }| Leader { name, term: self.term, until: heard + PATIENCE }))
    }

    /// Who is there, in the order in which they would lead.
    #[rpc(public)]
    fn members(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT name FROM member ORDER BY id", allow(scan, "all who are there")).all()
    }

    /// The leader should have been heard by now.
    #[alarm]
    fn fail_over(&mut self, cx: &mut Cx<Self>) -> Result {
        self.elect(cx)?;
        Ok(())
    }

    /// If the leader is gone, the member that has been there longest leads, in a new term.
    fn elect(&mut self, cx: &mut Cx<Self>) -> Result<Option<Leader>> {
        if self.leader(cx)?.is_none() {
            self.elected = sql!(cx, String, "SELECT name FROM member ORDER BY id LIMIT 1").optional()?;
            self.term += u64::from(self.elected.is_some());
        }
        let leader = self.leader(cx)?;
        if let Some(leader) = &leader {
            cx.schedule().fail_over().key("leader").at(leader.until)?;
        }
        Ok(leader)
    }
}
