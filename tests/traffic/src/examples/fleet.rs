//! Teams with projects and tasks: what was created is there for its manager and for itself, what was deleted goes with all below it although
//! the process is killed in the middle, the manager hears the last report, and no name escapes.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::json;

use super::{lines, text};
use crate::drive::Traffic;
use crate::findings::{Fate, Ledger};
use crate::user::{Stop, User};

/// Names that lead elsewhere, or would to somebody.
const ESCAPES: [&str; 6] = ["../escape", "..", "a/b", "%2e%2e", "a%2Fb", ".hidden"];

#[derive(Default)]
struct Team {
    projects: Ledger,
    /// What an existing project reported last, where that was acknowledged.
    reports: BTreeMap<String, String>,
}

#[derive(Default)]
pub(super) struct Fleet {
    teams: Mutex<BTreeMap<usize, Team>>,
}

impl Fleet {
    fn with<T>(&self, number: usize, what: impl FnOnce(&mut Team) -> T) -> T {
        what(self.teams.lock().entry(number).or_default())
    }

    async fn create(&self, user: &mut User, team: &str) -> Result<(), Stop> {
        let (number, project) = (user.number, format!("project-{}", user.step));
        self.with(number, |team| team.projects.note(&project, Fate::Unknown));
        user.ask("Node", team, "create", json!({"name": project})).await?;
        self.with(number, |team| team.projects.note(&project, Fate::There));
        let path = format!("{team}/{project}");
        user.ask("Node", &path, "create", json!({"name": "task"})).await?;
        user.ask("Node", &path, "report", json!({"status": "begun"})).await?;
        self.with(number, |team| team.reports.insert(project, "begun".to_owned()));
        Ok(())
    }

    async fn report(&self, user: &mut User, team: &str, project: String) -> Result<(), Stop> {
        let status = format!("status {}", user.step);
        self.with(user.number, |team| team.reports.remove(&project)); // until it is acknowledged, it may be either
        user.ask("Node", &format!("{team}/{project}"), "report", json!({"status": status})).await?;
        self.with(user.number, |team| team.reports.insert(project, status));
        Ok(())
    }

    async fn delete(&self, user: &mut User, team: &str, project: String) -> Result<(), Stop> {
        self.with(user.number, |team| {
            team.reports.remove(&project);
            team.projects.note(&project, Fate::Unknown);
        });
        user.ask("Node", team, "delete", json!({"name": project})).await?;
        self.with(user.number, |team| team.projects.note(project, Fate::Gone));
        Ok(())
    }

    async fn check_team(user: &mut User, team: &str, Team { projects, reports }: Team) -> Result<(), Stop> {
        // What goes has gone when no row says that it is going; and of those that stay the manager has heard the last report.
        let heard = user.until("the end of what was deleted, and all reports", async |user| {
            let info = user.ask("Node", team, "info", json!({})).await?;
            let is_quiet = lines(&info["children"]).all(|child| {
                let reported = reports.get(&text(child, "name"));
                child["ending"] == json!(false) && reported.is_none_or(|status| text(child, "status") == *status)
            });
            Ok(is_quiet.then_some(info))
        });
        let info = heard.await?;
        let there: Vec<String> = lines(&info["children"]).map(|child| text(child, "name")).collect();
        user.compare_all("projects", &projects, there.clone());
        for project in there {
            let path = format!("{team}/{project}");
            let known = user.call("Node", &path, "info", json!({})).await?;
            user.ensure(known.status == 200, || format!("{path} is listed, and answers {}", known.status));
        }
        for project in projects.of(Fate::Gone) {
            for path in [format!("{team}/{project}"), format!("{team}/{project}/task")] {
                let answer = user.call("Node", &path, "info", json!({})).await?;
                user.ensure(answer.status == 404, || format!("{path} was deleted, and answers {}", answer.status));
            }
        }
        Ok(())
    }
}

impl Traffic for Fleet {
    const NAME: &'static str = "fleet";
    type Memory = bool;

    async fn step(&self, user: &mut User, has_team: &mut bool) -> Result<(), Stop> {
        let name = format!("team-{}", user.number);
        let team = format!("/{name}");
        if !*has_team {
            let answer = user.call("Node", "/", "create", json!({"name": name})).await?;
            // A conflict is the team of an attempt that had no answer. Of that one, the word to the child may be under way.
            answer.unless(409)?;
            let begun =
                user.until("the team", async |user| user.call("Node", &team, "info", json!({})).await?.unless(404));
            begun.await?;
            *has_team = true;
        }
        let project = self.with(user.number, |team| team.reports.keys().next().cloned());
        match (user.random.u8(0..10), project) {
            (0, _) => {
                let name = ESCAPES[user.random.usize(0..ESCAPES.len())];
                let answer = user.call("Node", &team, "create", json!({"name": name})).await?;
                if answer.status == 422 { Ok(()) } else { Err(answer.unexpected()) }
            }
            (1..=3, Some(project)) => self.report(user, &team, project).await,
            (4..=5, Some(project)) => self.delete(user, &team, project).await,
            _ => self.create(user, &team).await,
        }
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let teams = std::mem::take(&mut *self.teams.lock());
        let root = user.ask("Node", "/", "info", json!({})).await?;
        let known: Vec<String> = lines(&root["children"]).map(|child| text(child, "name")).collect();
        for (number, team) in teams {
            let name = format!("team-{number}");
            user.ensure(known.contains(&name), || format!("{name} was acknowledged, and the root does not have it"));
            Self::check_team(user, &format!("/{name}"), team).await?;
        }
        user.ensure(!known.iter().any(|name| name.contains("escape")), || format!("a name escaped: {known:?}"));
        Ok(())
    }
}
