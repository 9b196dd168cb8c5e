//! Events that are set, taken back, or can't be posted: each that was acknowledged comes once, also if it was due while the server was down,
//! one that was taken back never, poison is not posted, and the numbers of notices only grow.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde_json::json;

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::{Fate, Ledger};
use crate::user::{Stop, User};

/// How many events a team has, about.
const EVENTS: u64 = 800;

#[derive(Default)]
struct Team {
    events: Ledger,
    /// Those without a channel.
    poison: Ledger,
}

#[derive(Default)]
pub(super) struct Scheduler {
    teams: Mutex<BTreeMap<String, Team>>,
}

impl Scheduler {
    fn with<T>(&self, team: &str, what: impl FnOnce(&mut Team) -> T) -> T {
        what(self.teams.lock().entry(team.to_owned()).or_default())
    }

    async fn cancel(&self, user: &mut User, team: &str, event: String) -> Result<(), Stop> {
        // It may come before it is taken back: then it stays.
        self.with(team, |it| it.events.note(&event, Fate::Unknown));
        let was_there = user.ask("Scheduler", team, "cancel", json!({"name": event})).await?;
        let fate = if was_there == json!(true) { Fate::Gone } else { Fate::There };
        self.with(team, |it| it.events.note(event, fate));
        Ok(())
    }

    async fn check_team(user: &mut User, name: &str, team: Team) -> Result<(), Stop> {
        // What is due comes by itself. What is left are those without a channel, which are tried again.
        let posted = user.until("all events that are due", async |user| {
            let pending = user.ask("Scheduler", name, "pending", json!({})).await?;
            let is_left = |event: &str| team.events.fate(event).is_some();
            let is_over = !lines(&pending).any(|event| is_left(&text(event, "name")));
            Ok(is_over.then_some(pending))
        });
        let pending = posted.await?;
        let mut notices = Vec::new();
        loop {
            let after = notices.last().map(|(id, _)| *id);
            let page = json!({"channel": "general", "after": after, "limit": 500});
            let page = user.ask("Scheduler", name, "notices", page).await?;
            notices.extend(lines(&page).map(|notice| (number(notice, "id"), text(notice, "event"))));
            if lines(&page).count() < 500 {
                break;
            }
        }
        user.ensure(notices.is_sorted_by(|(one, _), (next, _)| one < next), || "notices are out of order".to_owned());
        user.compare_all("events", &team.events, notices.into_iter().map(|(_, event)| event));

        let set_aside = user.ask("Scheduler", name, "set_aside", json!({"limit": 1_000})).await?;
        let waiting = lines(&pending).map(|event| text(event, "name"));
        let kept = waiting.chain(lines(&set_aside).map(|line| text(&line["event"], "name")));
        user.compare_all("events without a channel", &team.poison, kept);
        Ok(())
    }
}

impl Traffic for Scheduler {
    const NAME: &'static str = "scheduler";
    /// The teams whose channel this user knows to be open, and an event of its own that may be taken back.
    type Memory = (BTreeSet<String>, Option<(String, String)>);

    async fn step(&self, user: &mut User, (open, own): &mut Self::Memory) -> Result<(), Stop> {
        let name = format!("team-{}", user.step / EVENTS);
        if !open.contains(&name) {
            user.ask("Scheduler", &name, "open", json!({"channel": "general"})).await?;
            open.insert(name.clone());
        }
        if user.random.u8(0..4) == 0
            && let Some((team, event)) = own.take()
        {
            return self.cancel(user, &team, event).await;
        }
        let event = format!("event {}", user.step);
        let is_poison = user.random.u8(0..40) == 0;
        let note = |fate| {
            self.with(&name, |team| if is_poison { &mut team.poison } else { &mut team.events }.note(&event, fate))
        };
        note(Fate::Unknown);
        let channel = if is_poison { "nowhere" } else { "general" };
        let said = json!({"name": event, "channel": channel, "text": "it is time"});
        let wish = json!({"event": said, "when": {"after": user.random.u8(0..3)}});
        user.ask("Scheduler", &name, "set", wish).await?;
        note(Fate::There);
        if !is_poison {
            *own = Some((name.clone(), event.clone()));
        }
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let teams = std::mem::take(&mut *self.teams.lock());
        for (name, team) in teams {
            Self::check_team(user, &name, team).await?;
        }
        Ok(())
    }
}
