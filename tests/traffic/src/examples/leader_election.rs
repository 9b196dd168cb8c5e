//! Groups whose members are heard, fall silent and give leadership up: a term has one leader, terms only grow, across kills too, and nobody
//! leads before the leader before has been silent for five seconds or has given it up.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::terms::Terms;
use super::{number, text};
use crate::drive::Traffic;
use crate::user::{Stop, User};

/// How many groups there are, and members of each.
const GROUPS: u64 = 6;
const MEMBERS: u64 = 5;

#[derive(Default)]
pub(super) struct LeaderElection {
    groups: Mutex<BTreeMap<u64, Terms>>,
}

impl LeaderElection {
    fn greatest(&self, group: u64) -> u64 {
        self.groups.lock().entry(group).or_default().greatest()
    }

    fn told(&self, user: &User, group: u64, before: u64, leader: &Value) {
        let (name, term, until) = (text(leader, "name"), number(leader, "term"), leader["until"].as_i64().unwrap_or(0));
        let what = format!("group {group}");
        self.groups.lock().entry(group).or_default().told(user, &what, before, term, &name, until);
    }
}

impl Traffic for LeaderElection {
    const NAME: &'static str = "leader-election";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let (group, member) = (user.random.u64(0..GROUPS), user.random.u64(0..MEMBERS));
        let name = format!("group-{group}");
        let before = self.greatest(group);
        if user.random.u8(0..4) == 0 {
            let leader = user.ask("Group", &name, "leader", json!({})).await?;
            if !leader.is_null() {
                self.told(user, group, before, &leader);
            }
            return Ok(());
        }
        let leader = user.ask("Group", &name, "heartbeat", json!({"name": format!("member-{member}")})).await?;
        self.told(user, group, before, &leader);
        if user.random.u8(0..6) == 0 {
            let term = number(&leader, "term");
            self.groups.lock().entry(group).or_default().gives_back(term);
            let arguments = json!({"name": leader["name"], "term": term});
            // Somebody else may have given it up for this member meanwhile.
            user.call("Group", &name, "release", arguments).await?.unless(409)?;
        }
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        for group in 0..GROUPS {
            let before = self.greatest(group);
            let beat = json!({"name": "member-0"});
            let leader = user.ask("Group", &format!("group-{group}"), "heartbeat", beat).await?;
            self.told(user, group, before, &leader);
        }
        self.groups.lock().iter().for_each(|(group, terms)| terms.check(user, &format!("group {group}")));
        Ok(())
    }
}
