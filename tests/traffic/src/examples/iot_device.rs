//! Programs that send commands, and devices that come and go: a command that was acknowledged is told to the device at its next connection,
//! under a number that is never given again, until its outcome is known; no value that was measured counts twice, and none is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde_json::json;

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::Count;
use crate::user::{Stop, User, now};

/// How many devices there are. A user is one of them, the others are programs.
const DEVICES: usize = 8;

/// How many commands wait for a device before programs send no more. The twin takes a thousand.
const WAITING: usize = 200;

#[derive(Default)]
struct Device {
    /// What each command says, by its number.
    commands: BTreeMap<u64, String>,
    /// Commands that are done, as the twin says.
    done: BTreeSet<u64>,
    /// Commands of which the device has said so, and nobody knows yet whether that was heard.
    said: BTreeSet<u64>,
    measured: Count,
}

#[derive(Default)]
pub(super) struct IotDevice {
    devices: Mutex<BTreeMap<usize, Device>>,
}

impl IotDevice {
    fn with<T>(&self, number: usize, what: impl FnOnce(&mut Device) -> T) -> T {
        what(self.devices.lock().entry(number).or_default())
    }

    /// The commands that were acknowledged, and are not done.
    fn waiting(&self, number: usize) -> BTreeSet<u64> {
        self.with(number, |device| device.commands.keys().filter(|id| !device.done.contains(id)).copied().collect())
    }

    /// Connects, hears every command that was acknowledged before, and does most of them.
    async fn connect(&self, user: &mut User, number: usize) -> Result<(), Stop> {
        // Of these the last life of the server may have heard that they are done.
        while let Some(id) = self.with(number, |device| device.said.first().copied()) {
            self.is_done(user, number, id).await?;
            self.with(number, |device| device.said.remove(&id));
        }
        let (life, mut waiting) = (user.lives(), self.waiting(number));
        let mut socket = user.connect(&format!("/objects/Device/pump-{number}/"), None).await?;
        while !waiting.is_empty() {
            let heard = user.hear_json(&mut socket).await?;
            let command = &heard["command"];
            let (id, said) = (super::number(command, "id"), text(command, "name"));
            let known = self.with(number, |device| device.commands.get(&id).cloned());
            user.ensure(known.as_ref().is_none_or(|name| *name == said), || {
                format!("command {id} was {known:?}, and the device is told {said:?}")
            });
            // One in ten it does not get done before it is gone.
            if waiting.remove(&id) && user.random.u8(0..10) > 0 {
                self.with(number, |device| device.said.insert(id));
                let done = json!({"done": {"command": id, "outcome": format!("did {said}")}});
                user.say(&mut socket, done.to_string()).await?;
            }
        }
        while let Some(id) = self.with(number, |device| device.said.first().copied()) {
            let done = user.until("the outcome that the device has told", async |user| {
                let is_done = self.is_done(user, number, id).await?;
                // What a socket was told last may have gone with the life of the server that had it.
                if is_done || user.lives() == life { Ok(is_done.then_some(())) } else { Err(Stop::Unanswered) }
            });
            done.await?;
            self.with(number, |device| device.said.remove(&id));
        }
        Ok(())
    }

    /// Asks whether a command is done.
    async fn is_done(&self, user: &mut User, number: usize, id: u64) -> Result<bool, Stop> {
        let outcome = user.ask("Device", &format!("pump-{number}"), "outcome", json!({"command": id})).await?;
        let Some(outcome) = outcome.as_str() else { return Ok(false) };
        let is_its_own = self.with(number, |device| {
            device.done.insert(id);
            device.commands.get(&id).is_some_and(|said| outcome == format!("did {said}"))
        });
        user.ensure(is_its_own, || format!("the outcome of command {id} is {outcome:?}"));
        Ok(true)
    }
}

impl Traffic for IotDevice {
    const NAME: &'static str = "iot-device";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        if user.number < DEVICES {
            return self.connect(user, user.number).await;
        }
        let number = user.random.usize(0..DEVICES);
        let name = format!("pump-{number}");
        if user.random.bool() && self.waiting(number).len() < WAITING {
            let said = format!("command {}", user.step);
            let arguments = json!({"name": said, "argument": ""});
            let id = user.ask("Device", &name, "command", arguments).await?.as_u64().unwrap_or(0);
            let before = self.with(number, |device| device.commands.insert(id, said));
            user.ensure(before.is_none(), || format!("the number {id} of {name} was given twice"));
            return Ok(());
        }
        let samples = user.random.u64(1..=4);
        self.with(number, |device| device.measured.tries(samples));
        let values: Vec<_> = (0..samples).map(|value| json!({"sensor": "bar", "value": value})).collect();
        user.ask("Device", &name, "measured", json!({"samples": values})).await?;
        self.with(number, |device| device.measured.acknowledges(samples));
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        for device in 0..DEVICES {
            let name = format!("pump-{device}");
            let done = user.until("the outcome of every command", async |user| {
                self.connect(user, device).await?;
                Ok(self.waiting(device).is_empty().then_some(()))
            });
            done.await?;
            let measured = self.with(device, |device| device.measured);
            let span = json!({"sensor": "bar", "from": now() - 86_400_000, "to": now() + 600_000});
            let history = user.ask("Device", &name, "history", span).await?;
            let there = lines(&history).map(|part| number(part, "count")).sum();
            user.compare("values that were measured", measured, there);
            let readings = user.ask("Device", &name, "readings", json!({"sensor": "bar", "limit": 1_000})).await?;
            let readings = lines(&readings).count() as u64;
            user.ensure(readings == there.min(1_000), || format!("{readings} readings are there of {there}"));
        }
        Ok(())
    }
}
