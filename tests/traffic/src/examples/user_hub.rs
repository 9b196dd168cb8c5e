//! Letters between two users, sent again under their keys when an answer was lost: each arrives once, devices hear only of what is in the
//! inbox, pages give each letter once, and the count of unread ones is right.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::{Fate, Ledger};
use crate::user::{Answer, Socket, Stop, User};

const USERS: [&str; 2] = ["ann", "ben"];

#[derive(Default)]
struct Hub {
    letters: Ledger,
    /// Letters that were asked to be marked as read; whether that was acknowledged.
    read: BTreeMap<u64, bool>,
    /// Letters that may be marked.
    arrived: BTreeSet<u64>,
    /// What a setting was last, where that was acknowledged.
    settings: BTreeMap<String, String>,
}

#[derive(Default)]
pub(super) struct UserHub {
    hubs: Mutex<BTreeMap<&'static str, Hub>>,
}

/// What a user remembers: an open device, and a letter whose answer was lost.
#[derive(Default)]
pub(super) struct Memory {
    device: Option<Socket>,
    unanswered: Option<(usize, String)>,
}

impl UserHub {
    fn with<T>(&self, owner: &'static str, what: impl FnOnce(&mut Hub) -> T) -> T {
        what(self.hubs.lock().entry(owner).or_default())
    }

    /// Delivers a letter. One without an answer is delivered again, under the same key.
    async fn deliver(&self, user: &mut User, memory: &mut Memory) -> Result<(), Stop> {
        let letter = memory.unanswered.take().unwrap_or((user.random.usize(0..2), format!("letter {}", user.step)));
        memory.unanswered = Some(letter.clone());
        let (to, body) = letter;
        let (owner, sender) = (USERS[to], USERS[1 - to]);
        self.with(owner, |hub| hub.letters.note(&body, Fate::Unknown));
        let authorization = format!("Bearer token-of-{sender}");
        let headers = [("authorization", authorization.as_str()), ("idempotency-key", body.as_str())];
        let arguments = json!({"body": body});
        let id = user.call_with("UserHub", owner, "deliver", arguments, &headers).await?.value()?.as_u64().unwrap_or(0);
        memory.unanswered = None;
        self.with(owner, |hub| {
            hub.arrived.insert(id);
            hub.letters.note(body, Fate::There);
        });
        Ok(())
    }

    async fn read(&self, user: &mut User, owner: &'static str) -> Result<(), Stop> {
        let letters: Vec<u64> = self.with(owner, |hub| hub.arrived.iter().take(3).copied().collect());
        self.with(owner, |hub| {
            for letter in &letters {
                hub.arrived.remove(letter);
                hub.read.insert(*letter, false);
            }
        });
        ask(user, owner, "read", json!({"letters": letters})).await?.value()?;
        self.with(owner, |hub| hub.read.extend(letters.into_iter().map(|letter| (letter, true))));
        Ok(())
    }

    /// A device changes a setting, and listens until it hears that itself.
    async fn set(&self, user: &mut User, memory: &mut Memory, owner: &'static str) -> Result<(), Stop> {
        let mut device = match memory.device.take().filter(|_| user.random.u8(0..50) > 0) {
            Some(device) => device,
            None => {
                let path = format!("/objects/UserHub/{owner}?device=device-{}", user.number);
                let mut device = user.connect(&path, Some(&format!("bearer, token-of-{owner}"))).await?;
                let hello = user.hear_json(&mut device).await?;
                let known = lines(&hello["hello"]["devices"]).any(|name| *name == format!("device-{}", user.number));
                user.ensure(known, || format!("a device that has connected is told {hello}"));
                device
            }
        };
        let (name, value) = (format!("setting {}", user.number), format!("value {}", user.step));
        self.with(owner, |hub| hub.settings.remove(&name)); // until it is acknowledged, it may be either
        let begun = Instant::now();
        user.say(&mut device, json!({"set": {"name": name, "value": value}}).to_string()).await?;
        loop {
            let heard = user.hear_json(&mut device).await?;
            if let Some(arrived) = heard.get("arrived") {
                // It is on disk, whether who sent it has heard so or not.
                self.with(owner, |hub| hub.letters.note(text(&arrived["letter"], "body"), Fate::There));
            }
            if heard["setting"] == json!({"name": name, "value": value}) {
                break;
            }
        }
        user.heard_back(begun.elapsed());
        self.with(owner, |hub| hub.settings.insert(name, value));
        memory.device = Some(device);
        Ok(())
    }

    /// All letters, page by page.
    async fn inbox(user: &mut User, owner: &str) -> Result<Vec<Value>, Stop> {
        let (mut letters, mut before) = (Vec::new(), Value::Null);
        loop {
            let page = ask(user, owner, "inbox", json!({"before": before, "limit": 100})).await?.value()?;
            letters.extend(lines(&page["letters"]).cloned());
            before = page["next"].clone();
            if before.is_null() {
                return Ok(letters);
            }
        }
    }
}

impl Traffic for UserHub {
    const NAME: &'static str = "user-hub";
    type Memory = Memory;

    async fn step(&self, user: &mut User, memory: &mut Memory) -> Result<(), Stop> {
        let owner = USERS[user.number % 2];
        match user.random.u8(0..10) {
            0..=5 => self.deliver(user, memory).await,
            6 => self.read(user, owner).await,
            _ => self.set(user, memory, owner).await,
        }
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let hubs = std::mem::take(&mut *self.hubs.lock());
        for (owner, Hub { letters, read, settings, .. }) in hubs {
            let inbox = Self::inbox(user, owner).await?;
            user.compare_all("letters", &letters, inbox.iter().map(|letter| text(letter, "body")));
            let is_newest_first = inbox.is_sorted_by(|one, next| number(one, "id") > number(next, "id"));
            user.ensure(is_newest_first, || format!("the inbox of {owner} is out of order"));
            for letter in &inbox {
                let asked = read.get(&number(letter, "id")).copied();
                let (is_read, sentence) =
                    (letter["read"] == json!(true), || format!("{asked:?} was asked of {letter}"));
                user.ensure(asked != Some(true) || is_read, sentence);
                user.ensure(asked.is_some() || !is_read, sentence);
            }
            let unread = ask(user, owner, "unread", json!({})).await?.value()?;
            let there = inbox.iter().filter(|letter| letter["read"] == json!(false)).count();
            user.ensure(unread == json!(there), || format!("{unread} are counted as unread of {there}"));
            let kept = ask(user, owner, "settings", json!({})).await?.value()?;
            for (name, value) in settings.iter().filter(|(name, value)| kept[name.as_str()] != **value) {
                user.find(|findings| {
                    findings.lose(1, format!("{name} was set to {value}, and is {}", kept[name.as_str()]))
                });
            }
            let devices = ask(user, owner, "devices", json!({})).await?.value()?;
            user.ensure(devices == json!([]), || format!("after the kill {owner} has the devices {devices}"));
        }
        // A hub is its user's.
        let strange =
            user.call_with("UserHub", "ann", "inbox", json!({"limit": 1}), &[("authorization", "Bearer token-of-ben")]);
        let status = strange.await?.status;
        user.ensure(status == 403, || format!("ben reads ann's inbox: {status}"));
        Ok(())
    }
}

async fn ask(user: &mut User, owner: &str, method: &str, arguments: Value) -> Result<Answer, Stop> {
    let authorization = format!("Bearer token-of-{owner}");
    user.call_with("UserHub", owner, method, arguments, &[("authorization", &authorization)]).await
}
