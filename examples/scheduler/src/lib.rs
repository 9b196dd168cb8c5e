//! A scheduler for other programs: events that come once, again and again, or by the calendar. When one comes, a notice is
//! posted in its channel, where programs read. One that can't be posted is tried again, then set aside.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// The most lines of a list.
const LONGEST: u32 = 1_000;

/// A place where programs read notices.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name.
    #[key]
    pub name: String,
}

/// What an event has posted. It is kept for thirty days.
#[table(ttl = "30d", ttl_from = at, index = channel)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number. It only grows, also when older notices have vanished: who reads on after a number misses none.
    #[key]
    pub id: Id<Notice>,
    /// Where.
    pub channel: String,
    /// The name of the event.
    pub event: String,
    /// What it says.
    pub text: String,
    /// When it came.
    #[default(now)]
    pub at: Timestamp,
}

/// An event that could not be posted, however often it was tried.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// Its number.
    #[key]
    pub id: Id<SetAside>,
    /// The event.
    #[column(json)]
    pub event: Event,
    /// Why.
    pub error: String,
    /// When it was given up.
    #[default(now)]
    pub at: Timestamp,
}

/// What comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its name: an event of the same name replaces it.
    pub name: String,
    /// Where it is posted.
    pub channel: String,
    /// What it says.
    pub text: String,
}

/// When it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Once, at a time; now if it has passed.
    At(Timestamp),
    /// Once, after so many seconds.
    After(u64),
    /// Again and again, so many seconds apart, for the first time after as many.
    Every(u64),
    /// By the calendar.
    Cron {
        /// Five fields: minute, hour, day of the month, month, day of the week.
        expression: String,
        /// The time zone, such as `Europe/Paris`; without it UTC.
        zone: Option<String>,
    },
}

/// An event that is to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Its name.
    pub name: String,
    /// When it comes.
    pub due: Timestamp,
    /// How often it was tried in vain since it was last due.
    pub failures: u32,
}

/// The events of one team, one tenant, one program.
#[durable_object(tables(Channel, Notice, SetAside), scans = "deny")]
pub struct Scheduler {
    #[stored]
    notices: i64,
}

#[durable_object]
impl Scheduler {
    /// Makes a channel, if it is not there.
    #[rpc(public)]
    fn open(&mut self, cx: &mut Cx<Self>, channel: String) -> Result {
        ensure!((1..=100).contains(&channel.chars().count()), "a channel has a name of 1 to 100 characters");
        cx.upsert(Channel { name: channel }).map(drop)
    }

    /// Sets an event, in place of the one of the same name; when it comes first. A repeating one that is set again with the same
    /// period keeps its phase, so that a program may set its events whenever it starts.
    #[rpc(public)]
    fn set(&mut self, cx: &mut Cx<Self>, event: Event, when: When) -> Result<Timestamp> {
        let name = event.name.clone();
        ensure!((1..=100).contains(&name.chars().count()), "an event has a name of 1 to 100 characters");
        let alarm = cx.schedule().post(event).key(&name);
        match when {
            When::At(time) => alarm.at(time)?,
            When::After(seconds) => alarm.after(secs(seconds))?,
            When::Every(seconds) => alarm.every(secs(seconds))?,
            When::Cron { expression, zone } => alarm.cron_in(zone.as_deref().unwrap_or("UTC"), &expression)?,
        }
        Ok(cx.alarms().get(&name)?.context("the event was just set")?.due())
    }

    /// Takes an event back; whether it was still to come.
    #[rpc(public)]
    fn cancel(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<bool> {
        cx.schedule().cancel(name)
    }

    /// The events to come, in their order.
    #[rpc(public)]
    fn pending(&self, cx: &Cx<Self>) -> Result<Vec<Pending>> {
        let events = cx.alarms().pending()?.into_iter().filter_map(|alarm| {
            let name = alarm.key()?.to_owned();
            Some(Pending { name, due: alarm.due(), failures: alarm.attempt() })
        });
        Ok(events.collect())
    }

    /// The notices of a channel after one that was read already, in the order in which they came.
    #[rpc(public)]
    fn notices(&self, cx: &Cx<Self>, channel: &str, after: Option<Id<Notice>>, limit: u32) -> Result<Vec<Notice>> {
        ensure!(limit <= LONGEST, "a list has at most {LONGEST} lines");
        let after = after.unwrap_or(Id::from_raw(0));
        sql!(cx, Notice, "SELECT * FROM notice WHERE channel = :channel AND id > :after ORDER BY id LIMIT :limit").all()
    }

    /// The events that could not be posted, the oldest first.
    #[rpc(public)]
    fn set_aside(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<SetAside>> {
        ensure!(limit <= LONGEST, "a list has at most {LONGEST} lines");
        sql!(cx, SetAside, "SELECT * FROM set_aside ORDER BY id LIMIT :limit").all()
    }

    /// Posts one of them after all. It stays where it is if that fails again.
    #[rpc(public)]
    fn post_again(&mut self, cx: &mut Cx<Self>, id: Id<SetAside>) -> Result {
        let SetAside { event, .. } = cx.get(id)?.context("no such event is set aside")?;
        self.post(cx, event)?;
        cx.delete::<SetAside>(id).map(drop)
    }

    /// Forgets one of them; whether it was there.
    #[rpc(public)]
    fn discard(&mut self, cx: &mut Cx<Self>, id: Id<SetAside>) -> Result<bool> {
        cx.delete::<SetAside>(id)
    }

    /// An event has come: the notice, and that it has come, are one transaction. If it fails it is tried again after 2, 4 and 8 seconds.
    #[alarm(retries = 3, exhausted = give_up)]
    fn post(&mut self, cx: &mut Cx<Self>, event: Event) -> Result {
        let Event { name, channel, text } = event;
        ensure!(cx.get::<Channel>(&channel)?.is_some(), "there is no channel {channel:?}");
        self.notices += 1;
        cx.insert(Notice::new(channel, name, text).id(Id::from_raw(self.notices))).map(drop)
    }

    fn give_up(&mut self, cx: &mut Cx<Self>, event: Event, error: &Error) -> Result {
        warn!(event = event.name, %error, "set aside");
        cx.insert(SetAside::new(event, error.to_string())).map(drop)
    }
}
