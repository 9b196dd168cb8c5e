//! What has to be on a desk.

use std::collections::BTreeMap;

use do_runtime::{ErrorKind, Timestamp, hours, millis, minutes, secs};

use super::line::Model;
use super::{Run, Wrong};
use crate::classes::{DeskContents, Entry, Kind, LAST, WORDS};
use crate::history::{Call, Outcome};
use crate::plan::{Act, DeskAct};
use crate::world::memo;

#[derive(Default)]
struct Folder {
    behind: Option<u64>,
    number: u64,
    memo: String,
    /// Rank and token.
    sheets: Vec<(i64, i64)>,
}

#[derive(Clone)]
struct Session {
    token: i64,
    ends: Timestamp,
    stamps: Vec<i64>,
}

/// A desk.
#[derive(Default)]
pub(super) struct DeskModel {
    sum: i64,
    last: Vec<i64>,
    count: i64,
    folders: BTreeMap<String, Folder>,
    /// Folders that were opened so far.
    opened: u64,
    items: BTreeMap<String, i64>,
    /// Token and end.
    passes: Vec<(i64, Timestamp)>,
    sessions: BTreeMap<String, Session>,
    /// Token, and that of the session.
    tickets: Vec<(i64, i64)>,
    offers: BTreeMap<String, (i64, Option<Timestamp>)>,
}

fn label(number: u8) -> String {
    format!("label {number}")
}

impl DeskModel {
    fn session(&self, name: u8, now: Timestamp) -> Option<&Session> {
        self.sessions.get(&name.to_string()).filter(|session| session.ends > now)
    }

    /// Why an operation is refused.
    fn refusal(&self, act: DeskAct, now: Timestamp) -> Option<ErrorKind> {
        let has = |which: u8| self.folders.contains_key(&label(which));
        match act {
            DeskAct::Open(own, _) => has(own).then_some(ErrorKind::Conflict),
            DeskAct::File(to, ..) if !has(to) => Some(ErrorKind::NotFound),
            DeskAct::File(_, rank, _) => (rank < 0).then_some(ErrorKind::Conflict),
            DeskAct::Relabel(from, to) => (from != to && has(from) && has(to)).then_some(ErrorKind::Conflict),
            DeskAct::Fail(_) => Some(ErrorKind::Denied),
            DeskAct::Panic(_) => Some(ErrorKind::Handler),
            DeskAct::LogIn(name) => self.session(name, now).map(|_| ErrorKind::Conflict),
            DeskAct::Touch(name) => self.session(name, now).is_none().then_some(ErrorKind::NotFound),
            _ => None,
        }
    }

    fn act(&mut self, act: DeskAct, token: i64, at: Timestamp) -> i64 {
        match act {
            DeskAct::Open(own, behind) => {
                let behind = behind.and_then(|behind| Some(self.folders.get(&label(behind))?.number));
                self.opened += 1;
                let folder = Folder { behind, number: self.opened, memo: memo(token), sheets: Vec::new() };
                self.folders.insert(label(own), folder);
                i64::from(behind.is_some())
            }
            DeskAct::File(to, rank, _) => {
                let folder = self.folders.entry(label(to)).or_default();
                folder.sheets.push((rank.into(), token));
                folder.sheets.len() as i64
            }
            DeskAct::Drop(which) => i64::from(self.folders.remove(&label(which)).is_some()),
            DeskAct::Relabel(from, to) => match self.folders.remove(&label(from)) {
                Some(folder) => {
                    self.folders.insert(label(to), folder);
                    1
                }
                None => 0,
            },
            DeskAct::Put(key) => {
                self.items.insert(key.to_string(), token);
                0
            }
            DeskAct::Take(key) => i64::from(self.items.remove(&key.to_string()).is_some()),
            DeskAct::InPart(_) => {
                self.items.insert("part".into(), token);
                0
            }
            DeskAct::Issue => {
                self.passes.push((token, at + hours(2)));
                self.passes.iter().filter(|(_, ends)| *ends > at).count() as i64
            }
            DeskAct::LogIn(name) => {
                let session = Session { token, ends: at + minutes(30), stamps: Vec::new() };
                self.sessions.insert(name.to_string(), session);
                0
            }
            DeskAct::Touch(name) => match self.sessions.get_mut(&name.to_string()) {
                Some(session) => {
                    session.ends = at + minutes(30);
                    session.stamps.push(token);
                    self.tickets.push((token, session.token));
                    session.token
                }
                None => 0,
            },
            DeskAct::Offer(name, seconds) => {
                let until = seconds.map(|seconds| at + secs(seconds));
                self.offers.insert(name.to_string(), (token, until));
                self.offers.insert(format!("{name}, later"), (token, until.map(|until| until + millis(1))));
                0
            }
            DeskAct::Fail(_) | DeskAct::Panic(_) | DeskAct::Erase | DeskAct::Delete | DeskAct::View => 0,
        }
    }

    fn contents(&self, now: Timestamp) -> DeskContents {
        let label_of = |number: u64| {
            self.folders.iter().find(|(_, folder)| folder.number == number).map(|(label, _)| label.clone())
        };
        let mut sheets: Vec<(String, i64, i64)> = Vec::new();
        for (label, folder) in &self.folders {
            let mut own = folder.sheets.clone();
            own.sort_by_key(|(rank, token)| (-rank, *token));
            sheets.extend(own.into_iter().map(|(rank, token)| (label.clone(), rank, token)));
        }
        let live: BTreeMap<&String, &Session> =
            self.sessions.iter().filter(|(_, session)| session.ends > now).collect();
        let is_live = |token: &i64| live.values().any(|session| session.token == *token);
        let mut stamps: Vec<(i64, i64)> =
            live.values().flat_map(|session| session.stamps.iter().map(|stamp| (*stamp, session.token))).collect();
        stamps.sort_unstable();
        let found = WORDS.iter().map(|word| {
            let with = self.folders.iter().filter(|(_, folder)| folder.memo.contains(word));
            with.map(|(label, _)| label.clone()).collect()
        });
        let mut passes: Vec<i64> =
            self.passes.iter().filter(|(_, ends)| *ends > now).map(|(token, _)| *token).collect();
        passes.sort_unstable();
        let mut tickets: Vec<(i64, Option<i64>)> =
            self.tickets.iter().map(|(token, of)| (*token, is_live(of).then_some(*of))).collect();
        tickets.sort_unstable();
        let folders = self.folders.iter();
        let offers = self.offers.iter().filter(|(_, (_, until))| until.is_none_or(|until| until > now));
        DeskContents {
            sum: self.sum,
            last: self.last.clone(),
            count: self.count,
            folders: folders
                .map(|(label, folder)| (label.clone(), folder.behind.and_then(label_of), folder.memo.clone()))
                .collect(),
            sheet_count: sheets.len() as i64,
            sheets,
            found: found.collect(),
            items: self.items.clone(),
            passes,
            sessions: live.iter().map(|(name, session)| ((*name).clone(), session.token)).collect(),
            stamps,
            tickets,
            offers: offers.map(|(name, (token, _))| (name.clone(), *token)).collect(),
        }
    }
}

impl Model for DeskModel {
    fn apply(&mut self, run: &Run<'_>, entry: &Entry) -> Result<Option<i64>, Wrong> {
        if entry.kind == Kind::Noted {
            return Ok(None);
        }
        let Some(Act::Desk(_, act)) = run.steps.get(&entry.token).map(|step| &step.act) else {
            return Err(format!("nobody has called {entry:?}"));
        };
        if let Some(kind) = self.refusal(*act, entry.at) {
            return Err(format!("#{} was applied, and has to be refused with {kind}", entry.token));
        }
        self.sum += entry.token;
        self.count += 1;
        self.last.push(entry.token);
        if self.last.len() > LAST {
            self.last.remove(0);
        }
        Ok(Some(self.act(*act, entry.token, entry.at)))
    }

    fn refuses(&self, _: &Run<'_>, call: &Call, kind: ErrorKind) -> bool {
        let Act::Desk(_, act) = call.step.act else { return false };
        [call.at, call.until].into_iter().any(|now| self.refusal(act, now) == Some(kind))
    }

    fn compare(&self, _: &Run<'_>, shown: &Outcome) -> Result<(), Wrong> {
        let Outcome::Desk(view) = shown else { return Ok(()) };
        let expected = self.contents(view.now);
        if view.contents == expected {
            Ok(())
        } else {
            Err(format!("found {:#?}, and not {expected:#?}", view.contents))
        }
    }
}
