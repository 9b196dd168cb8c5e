//! An agent: it sets alarms, sends parcels to other agents, pays at desks, and is called under keys.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Desk, Done, Entry, Kind, ON_PURPOSE, at, is_whole};

/// How to find an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Address {
    /// By its name.
    Named(String),
    /// By its id alone.
    Unnamed(ObjectId),
}

impl Address {
    /// The name, if it has one.
    pub fn name(&self) -> Option<String> {
        match self {
            Address::Named(name) => Some(name.clone()),
            Address::Unnamed(_) => None,
        }
    }
}

/// A parcel that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailing {
    /// The receiver, and its number among the agents.
    pub to: (Address, u32),
    /// After so many milliseconds the receiver takes it; before, it refuses. `None`: it never takes it.
    pub ready: Option<u64>,
    /// By an asynchronous handler.
    pub slow: bool,
    /// The receiver sends it on to this one.
    pub relay: Option<(Address, u32)>,
}

/// A parcel on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The operation in which it was sent first.
    pub token: i64,
    /// Its number in that operation; a hundred more for one that was sent on.
    pub number: u32,
    /// The number of the agent that sends it.
    pub from: u32,
    /// From then on it is taken.
    pub ready: Option<Timestamp>,
    /// The receiver sends it on to this one.
    pub relay: Option<(Address, u32)>,
    /// The number of the agent that receives it.
    pub to: u32,
}

/// What `number` is more in parcels that were sent on.
pub const RELAYED: u32 = 100;

/// An alarm to be set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Alarm {
    /// Runs once; its first runs, so many, fail.
    Ring {
        /// See above.
        fails: u32,
    },
    /// Runs again and again.
    Tick,
    /// Fails always, and is handed to a method when it is given up.
    Doomed,
    /// Fails always, and stays.
    Hopeless,
    /// Runs outside of the transaction: calls a desk, waits for so many milliseconds, and notes its end.
    Fetch {
        /// The desk.
        desk: Address,
        /// The pause.
        pause: u64,
    },
}

/// An agent.
#[durable_object(tables(Entry), limits(transaction = "1MiB"))]
pub struct Agent {
    #[stored]
    life: i64,
    #[stored]
    entries: u64,
    #[ephemeral]
    since_wake: u64,
    /// A handler has panicked in this instance.
    #[ephemeral]
    spoiled: bool,
}

/// Everything that an agent knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentView {
    /// The life, 0 for an agent that does not exist.
    pub life: i64,
    /// Its name, as it knows it.
    pub name: Option<String>,
    /// When it was looked at.
    pub now: Timestamp,
    /// Its log.
    pub log: Vec<Entry>,
    /// Length of the log, by a stored field and by a key.
    pub counts: (u64, u64),
    /// What it has set.
    pub alarms: Vec<Outstanding>,
    /// What it has sent and did not arrive yet.
    pub outbox: Vec<Outgoing>,
}

/// An alarm that is set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Outstanding {
    /// The method.
    pub method: String,
    /// The key.
    pub key: Option<String>,
    /// The time for which it was set.
    pub at: Timestamp,
    /// When it runs.
    pub due: Timestamp,
    /// It was given up.
    pub failed: bool,
}

/// A message that is on its way, or was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Its number.
    pub sequence: u64,
    /// To whom.
    pub receiver: ObjectId,
    /// It was set aside.
    pub failed: bool,
}

#[durable_object]
impl Agent {
    #[rpc]
    fn set(&mut self, cx: &mut Cx<Self>, token: i64, alarm: Alarm, key: Option<String>, after: u64) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let schedule = cx.schedule();
        let repeats = alarm == Alarm::Tick;
        let setting = match alarm {
            Alarm::Ring { fails } => schedule.ring(token, fails),
            Alarm::Tick => schedule.tick(token),
            Alarm::Doomed => schedule.doomed(token),
            Alarm::Hopeless => schedule.hopeless(token),
            Alarm::Fetch { desk, pause } => schedule.fetch(token, desk, pause),
        };
        let setting = match key {
            Some(key) => setting.key(key),
            None => setting,
        };
        match repeats {
            true => setting.every(millis(after))?,
            false => setting.after(millis(after))?,
        }
        Ok(done)
    }

    #[rpc]
    fn cancel(&mut self, cx: &mut Cx<Self>, token: i64, key: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let was = cx.schedule().cancel(&key)?;
        Ok(Done { value: i64::from(was), ..done })
    }

    #[rpc]
    fn mail(&mut self, cx: &mut Cx<Self>, token: i64, me: u32, mailings: Vec<Mailing>) -> Result<Done> {
        let done = self.begin(cx, token)?;
        for (number, mailing) in (0..).zip(mailings) {
            let ready = mailing.ready.map(|ready| cx.now() + millis(ready));
            let (address, to) = mailing.to;
            let parcel = Parcel { token, number, from: me, ready, relay: mailing.relay, to };
            let receiver = agent(&cx.objects(), &address);
            match mailing.slow {
                true => cx.send(receiver.take_slowly(parcel))?,
                false => cx.send(receiver.take(parcel))?,
            }
        }
        Ok(done)
    }

    /// Sends the first parcel that was set aside again. Gives its new number.
    #[rpc]
    fn send_again(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        let first = cx.outbox().failed()?.first().map(|message| message.sequence());
        let (old, new) = match first {
            Some(old) => (old, cx.outbox_mut().send_again(old)?.unwrap_or(0)),
            None => (0, 0),
        };
        let done = self.write(cx, token, Kind::Called, format!("{old}/{new}"))?;
        Ok(Done { value: new.cast_signed(), ..done })
    }

    /// In two transactions, with a pause and the call of a desk between them.
    #[rpc]
    async fn pay(this: This<Self>, token: i64, desk: Address, pause: u64) -> Result<Done> {
        this.update(|me, cx| me.write(cx, token, Kind::Began, "")).await?;
        this.sleep(millis(pause)).await?;
        desk_of(&this.objects(), &desk).note(token).await?;
        this.update(|me, cx| me.write(cx, token, Kind::Ended, "")).await
    }

    /// Sets an alarm, sends a parcel to itself, and fails.
    #[rpc]
    fn fail(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        let done = self.begin(cx, token)?;
        self.spoil(cx, token)?;
        let life = if done.place == 0 { 0 } else { done.life };
        Err(at(life, done.place, Error::new(ErrorKind::Denied, "as it was asked to")))
    }

    /// The same with a panic.
    #[rpc]
    fn panic(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        self.begin(cx, token)?;
        self.spoil(cx, token)?;
        self.spoiled = true;
        std::panic::panic_any(ON_PURPOSE)
    }

    /// Takes a parcel, or refuses it after it has written.
    #[rpc]
    fn take(&mut self, cx: &mut Cx<Self>, parcel: Parcel) -> Result {
        self.receive(cx, Kind::Took, &parcel)
    }

    /// The same a second later.
    #[rpc]
    async fn take_slowly(this: This<Self>, parcel: Parcel) -> Result {
        this.sleep(secs(1)).await?;
        this.update(|me, cx| me.receive(cx, Kind::TookSlowly, &parcel)).await
    }

    #[rpc]
    fn view(&self, cx: &Cx<Self>) -> Result<AgentView> {
        let alarms = cx.alarms().pending()?.into_iter().map(|alarm| Outstanding {
            method: alarm.method().to_owned(),
            key: alarm.key().map(str::to_owned),
            at: alarm.at(),
            due: alarm.due(),
            failed: alarm.failed().is_some(),
        });
        let outgoing = |failed| {
            move |message: &do_runtime::OutboxMessage| Outgoing {
                sequence: message.sequence(),
                receiver: message.receiver(),
                failed,
            }
        };
        is_whole(cx.sql_unchecked("PRAGMA integrity_check", ()).all()?)?;
        let (pending, failed) = (cx.outbox().pending()?, cx.outbox().failed()?);
        Ok(AgentView {
            life: self.life,
            name: cx.name().map(str::to_owned),
            now: cx.now(),
            log: cx.sql_unchecked("SELECT * FROM entry ORDER BY id", ()).all()?,
            counts: (self.entries, cx.kv().get("entries")?.unwrap_or(0)),
            alarms: alarms.collect(),
            outbox: pending.iter().map(outgoing(false)).chain(failed.iter().map(outgoing(true))).collect(),
        })
    }

    #[alarm]
    fn ring(&mut self, cx: &mut Cx<Self>, token: i64, fails: u32) -> Result {
        let attempt = cx.meta().attempt();
        self.write(cx, token, Kind::Rang, attempt.to_string())?;
        if attempt <= fails {
            self.spoil(cx, token)?;
            if token % 2 == 0 {
                std::panic::panic_any(ON_PURPOSE)
            }
            bail!("not yet")
        }
        Ok(())
    }

    #[alarm]
    fn tick(&mut self, cx: &mut Cx<Self>, token: i64) -> Result {
        self.write(cx, token, Kind::Rang, "1").map(drop)
    }

    #[alarm(retries = 2, exhausted = gave_up)]
    fn doomed(&mut self, cx: &mut Cx<Self>, token: i64) -> Result {
        self.spoil(cx, token)?;
        bail!("as always")
    }

    fn gave_up(&mut self, cx: &mut Cx<Self>, token: i64, _error: &Error) -> Result {
        self.write(cx, token, Kind::GaveUp, "").map(drop)
    }

    #[alarm(retries = 1)]
    fn hopeless(&mut self, cx: &mut Cx<Self>, token: i64) -> Result {
        self.spoil(cx, token)?;
        bail!("as always")
    }

    #[alarm]
    async fn fetch(this: This<Self>, token: i64, desk: Address, pause: u64) -> Result {
        desk_of(&this.objects(), &desk).note(token).await?;
        this.sleep(millis(pause)).await?;
        this.update(|me, cx| me.write(cx, token, Kind::Fetched, "")).await.map(drop)
    }

    /// Every night, from the first commit on.
    #[alarm(cron = "30 4 * * *")]
    fn nightly(&mut self, cx: &mut Cx<Self>) -> Result {
        self.write(cx, 0, Kind::Rang, "nightly").map(drop)
    }
}

#[durable_object(helpers)]
impl Agent {
    fn begin(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        self.write(cx, token, Kind::Called, "")
    }

    /// An entry in the log, and its traces in stored fields and a key.
    fn write(&mut self, cx: &mut Cx<Self>, token: i64, kind: Kind, detail: impl Into<String>) -> Result<Done> {
        ensure!(!self.spoiled, "an instance goes on in which a handler has panicked");
        let place = cx.count::<Entry>()?.unsigned_abs();
        if self.life == 0 {
            self.life = token;
        }
        self.since_wake += 1;
        self.entries += 1;
        cx.insert(Entry::new(token, kind, detail))?;
        let count: u64 = cx.kv().get("entries")?.unwrap_or(0);
        cx.kv_mut().put("entries", &(count + 1))?;
        Ok(Done { life: self.life, place, value: 0 })
    }

    fn receive(&mut self, cx: &mut Cx<Self>, kind: Kind, parcel: &Parcel) -> Result {
        self.write(cx, parcel.token, kind, format!("{}/{}", parcel.from, parcel.number))?;
        if let Some((address, to)) = &parcel.relay {
            let (from, number, to) = (parcel.to, parcel.number + RELAYED, *to);
            let next = Parcel { token: parcel.token, number, from, ready: Some(cx.now()), relay: None, to };
            let receiver = agent(&cx.objects(), address);
            cx.send(receiver.take(next))?;
        }
        let taken = parcel.ready.is_some_and(|ready| cx.now() >= ready);
        if !taken && parcel.number % 2 == 1 {
            std::panic::panic_any(ON_PURPOSE)
        }
        ensure!(taken, "not now");
        Ok(())
    }

    /// Changes something of every kind, to be undone.
    fn spoil(&mut self, cx: &mut Cx<Self>, token: i64) -> Result {
        self.entries += 1000;
        self.life = -token;
        cx.insert(Entry::new(-token, Kind::Called, "undone"))?;
        cx.kv_mut().put("entries", &0)?;
        cx.kv_mut().put("undone", &"undone".repeat(4_000))?;
        cx.schedule().ring(-token, 0).after(millis(1))?;
        cx.schedule().ring(-token, 0).key("k0").after(millis(1))?;
        let parcel =
            Parcel { token: -token, number: 0, from: 0, ready: Some(Timestamp::default()), relay: None, to: 0 };
        let me = cx.objects().get::<Agent>(cx.id());
        cx.send(me.take(parcel))
    }
}

fn agent(objects: &Objects, address: &Address) -> AgentStub {
    match address {
        Address::Named(name) => objects.get_by_name::<Agent>(name),
        Address::Unnamed(id) => objects.get::<Agent>(*id),
    }
}

fn desk_of(objects: &Objects, address: &Address) -> super::DeskStub {
    match address {
        Address::Named(name) => objects.get_by_name::<Desk>(name),
        Address::Unnamed(id) => objects.get::<Desk>(*id),
    }
}
