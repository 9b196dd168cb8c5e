//! An object a user: profile, settings, inbox, and the devices that hear of all of it.
//!
//! The object's name is the user's. A device is a WebSocket: it is told how things are when it connects, and of each change from then on.

use std::collections::{BTreeMap, BTreeSet};

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// How many letters a page may have.
const LONGEST_PAGE: u32 = 100;

/// Under which keys settings are kept.
const SETTING: &str = "setting/";

/// A letter in the inbox.
#[table(index = read)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its number. Later letters have greater ones.
    #[key]
    pub id: Id<Letter>,
    /// Who sent it.
    pub sender: String,
    /// What is in it.
    pub body: String,
    /// Whether it was read.
    #[default(false)]
    pub read: bool,
    /// When it came.
    #[default(now)]
    pub at: Timestamp,
}

/// Some letters, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The letters.
    pub letters: Vec<Letter>,
    /// Before which letter the next page begins; nothing if this is the last one.
    pub next: Option<Id<Letter>>,
}

/// What a user says about themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// How they want to be called.
    pub name: String,
    /// What others should know.
    pub about: String,
}

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// How things are, when it connects.
    Hello {
        /// The profile.
        profile: Profile,
        /// All settings.
        settings: BTreeMap<String, String>,
        /// How many letters are unread.
        unread: i64,
        /// The devices that are connected, itself among them.
        devices: BTreeSet<String>,
    },
    /// The profile is another one.
    Profile(Profile),
    /// A setting has another value, or none any more.
    Setting {
        /// Which.
        name: String,
        /// Its value.
        value: Option<String>,
    },
    /// A letter came.
    Arrived {
        /// The letter.
        letter: Letter,
        /// How many are unread now.
        unread: i64,
    },
    /// Letters were read, on whatever device.
    Read {
        /// Which.
        letters: Vec<Id<Letter>>,
        /// How many are unread now.
        unread: i64,
    },
    /// A device came or went.
    Devices(BTreeSet<String>),
}

/// What a device says, as JSON. All of it can be called, too.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// These letters were read.
    Read(Vec<Id<Letter>>),
    /// A setting is changed.
    Set {
        /// Which.
        name: String,
        /// Its value; without one it is removed.
        value: Option<String>,
    },
}

/// What is remembered of a device, while the hub sleeps too.
#[derive(Serialize, Deserialize)]
struct Device {
    name: String,
}

/// All that one user has.
#[durable_object(tables(Letter))]
pub struct UserHub {
    #[stored]
    profile: Profile,
    /// When a device last came or went.
    #[stored]
    seen: Option<Timestamp>,
}

#[durable_object]
impl UserHub {
    /// From outside only the user gets in. Whoever has a name may leave a letter.
    #[authorize]
    fn its_user_or_a_letter(&self, cx: &Cx<Self>) -> Result {
        let caller = cx.meta().caller()?;
        let principal = caller.principal();
        let may = match cx.meta().method() {
            Some("deliver") => principal.is_some(),
            _ => principal.is_some() && principal == cx.name(),
        };
        ensure!(may, Error::denied("this hub is somebody else's"));
        Ok(())
    }

    /// Changes the profile.
    #[rpc(public)]
    fn set_profile(&mut self, cx: &mut Cx<Self>, profile: Profile) -> Result {
        ensure!(profile.name.len() <= 100 && profile.about.len() <= 2_000, "that is too long for a profile");
        self.profile = profile;
        cx.sockets().send(&Event::Profile(self.profile.clone())) // they are told once it is on disk
    }

    /// The profile.
    #[rpc(public)]
    fn profile(&self) -> Result<Profile> {
        Ok(self.profile.clone())
    }

    /// Changes a setting; without a value it is removed.
    #[rpc(public)]
    fn set(&mut self, cx: &mut Cx<Self>, name: String, value: Option<String>) -> Result {
        ensure!((1..=100).contains(&name.len()), "a setting has a name of at most 100 characters");
        let key = format!("{SETTING}{name}");
        match &value {
            Some(value) => cx.kv_mut().put(&key, value)?,
            None => drop(cx.kv_mut().delete(&key)?),
        }
        cx.sockets().send(&Event::Setting { name, value })
    }

    /// All settings.
    #[rpc(public)]
    fn settings(&self, cx: &Cx<Self>) -> Result<BTreeMap<String, String>> {
        let settings = cx.kv().list().prefix(SETTING).all::<String>()?;
        Ok(settings.into_iter().map(|(key, value)| (key[SETTING.len()..].to_owned(), value)).collect())
    }

    /// Leaves a letter of whoever calls.
    #[rpc(public)]
    fn deliver(&mut self, cx: &mut Cx<Self>, body: String) -> Result<Id<Letter>> {
        ensure!((1..=10_000).contains(&body.len()), "a letter has 1 to 10000 bytes");
        let sender = cx.meta().caller()?.to_string();
        let letter = cx.insert(Letter::new(sender, body))?;
        let (id, unread) = (letter.id, self.unread(cx)?);
        cx.sockets().send(&Event::Arrived { letter, unread })?;
        Ok(id)
    }

    /// A page of the inbox: what came before a letter, the newest first. A page goes on where the last one ended, whatever came meanwhile.
    #[rpc(public)]
    fn inbox(&self, cx: &Cx<Self>, before: Option<Id<Letter>>, limit: u32) -> Result<Page> {
        ensure!((1..=LONGEST_PAGE).contains(&limit), "a page has 1 to {LONGEST_PAGE} letters");
        let before = before.unwrap_or(Id::from_raw(i64::MAX));
        let more = limit + 1;
        let mut letters =
            sql!(cx, Letter, "SELECT * FROM letter WHERE id < :before ORDER BY id DESC LIMIT :more").all()?;
        let has_more = letters.len() > limit as usize;
        letters.truncate(limit as usize);
        let next = letters.last().filter(|_| has_more).map(|letter| letter.id);
        Ok(Page { letters, next })
    }

    /// Marks letters as read. Those that are read already, or are not there, are no matter.
    #[rpc(public)]
    fn read(&mut self, cx: &mut Cx<Self>, letters: Vec<Id<Letter>>) -> Result {
        ensure!(letters.len() <= 1_000, "at most 1000 letters can be read at once");
        let changed =
            sql!(cx, "UPDATE letter SET read = 1 WHERE read = 0 AND id IN (:letters)", letters = &letters).run()?;
        if changed > 0 {
            let unread = self.unread(cx)?;
            cx.sockets().send(&Event::Read { letters, unread })?;
        }
        Ok(())
    }

    /// How many letters are unread.
    #[rpc(public, live)]
    fn unread(&self, cx: &Cx<Self>) -> Result<i64> {
        Letter::by_read(cx, false).count()
    }

    /// The devices that are connected.
    #[rpc(public)]
    fn devices(&self, cx: &Cx<Self>) -> Result<BTreeSet<String>> {
        cx.sockets().into_iter().map(|socket| Ok(socket.attachment::<Device>()?.name)).collect()
    }

    /// When a device last came or went.
    #[rpc(public)]
    fn seen(&self) -> Result<Option<Timestamp>> {
        Ok(self.seen)
    }

    /// A device connects: `GET /objects/UserHub/{user}?device=phone`, as a WebSocket.
    #[websocket(open)]
    fn connected(&mut self, cx: &mut Cx<Self>, socket: &Socket, request: &Upgrade) -> Result {
        let name = request.required("device")?.to_owned();
        ensure!((1..=40).contains(&name.len()), "a device has a name of 1 to 40 characters");
        socket.set_attachment(&Device { name: name.clone() })?;
        self.seen = Some(cx.now());
        let mut devices = self.devices(cx)?;
        devices.insert(name);
        cx.sockets().except(socket).send(&Event::Devices(devices.clone()))?;
        let (settings, unread) = (self.settings(cx)?, self.unread(cx)?);
        socket.send(&Event::Hello { profile: self.profile.clone(), settings, unread, devices })
    }

    /// A device says something. What it says wrongly closes it with the reason.
    #[websocket(message, auto_response("ping", "pong"))]
    fn said(&mut self, cx: &mut Cx<Self>, command: Command) -> Result {
        match command {
            Command::Read(letters) => self.read(cx, letters),
            Command::Set { name, value } => self.set(cx, name, value),
        }
    }

    /// A device has gone.
    #[websocket(close)]
    fn disconnected(&mut self, cx: &mut Cx<Self>) -> Result {
        self.seen = Some(cx.now());
        let devices = self.devices(cx)?; // it is not among them any more
        cx.sockets().send(&Event::Devices(devices))
    }
}
