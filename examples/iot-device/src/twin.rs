//! The twin itself.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Alert, Command, Property, Reading, Summary, Threshold};

/// The most lines of a list, and the most commands that wait.
const LONGEST: u32 = 1_000;

/// How long a summary is, in milliseconds: five minutes.
const SUMMARY: i64 = 5 * 60 * 1000;

/// The code with which the former connection of a device is closed.
const CONNECTED_AGAIN: u16 = 4001;

/// What a device says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromDevice {
    /// It has measured something.
    Telemetry(Vec<Sample>),
    /// A setting is so.
    Reported {
        /// Which one.
        name: String,
        /// How it is.
        value: String,
    },
    /// It has done what it was to do, or could not.
    Done {
        /// The number of the command.
        command: Id<Command>,
        /// What came of it.
        outcome: String,
    },
}

/// What a device is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToDevice {
    /// A setting should be so.
    Desired {
        /// Which one.
        name: String,
        /// How it should be.
        value: String,
    },
    /// It is to do something, unless it has done it already.
    Command(Command),
}

/// A value that was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What measured it.
    pub sensor: String,
    /// The value.
    pub value: f64,
    /// When, if it was not just now: a device that was offline tells later what it measured.
    pub at: Option<Timestamp>,
}

/// What is known of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// Whether it is connected.
    pub online: bool,
    /// When it last said something.
    pub seen: Option<Timestamp>,
    /// How many commands wait for it.
    pub waiting: i64,
    /// Its settings.
    pub properties: Vec<Property>,
}

/// The twin of a device. The name of the object is the name of the device.
#[durable_object(tables(Reading, Summary, Property, Command, Threshold, Alert), scans = "deny")]
pub struct Device {
    #[stored]
    seen: Option<Timestamp>,
    /// Numbers of commands are never given again, so that a device may remember what it has done.
    #[stored]
    commands: i64,
}

/// The side of the device.
#[durable_object]
impl Device {
    /// The device connects: `GET /objects/Device/{name}/` as a WebSocket. It is told what it missed, the oldest first.
    #[websocket(open)]
    fn connected(&mut self, cx: &mut Cx<Self>, socket: &Socket) -> Result {
        cx.sockets().except(socket).close(CONNECTED_AGAIN, "the device has connected again")?;
        self.seen = Some(cx.now());
        for Property { name, desired, .. } in Self::unlike_desired(cx)? {
            socket.send(&ToDevice::Desired { name, value: desired.unwrap_or_default() })?;
        }
        Command::by_outcome(cx, None).each(|command| socket.send(&ToDevice::Command(command)))
    }

    /// The device says something: one transaction a message.
    #[websocket(message)]
    fn told(&mut self, cx: &mut Cx<Self>, message: FromDevice) -> Result {
        self.seen = Some(cx.now());
        match message {
            FromDevice::Telemetry(samples) => self.measured(cx, samples),
            FromDevice::Reported { name, value } => {
                let desired = cx.get::<Property>(&name)?.and_then(|property| property.desired);
                cx.upsert(Property { name, desired, reported: Some(value) }).map(drop)
            }
            FromDevice::Done { command, outcome } => match cx.get::<Command>(command)? {
                Some(command) if command.outcome.is_none() => cx.update(&Command { outcome: Some(outcome), ..command }),
                _ => Ok(()), // it was told twice, or so late that nobody waits for it
            },
        }
    }

    /// Takes what was measured, each value once for all that is made of it.
    #[rpc(public)]
    fn measured(&mut self, cx: &mut Cx<Self>, samples: Vec<Sample>) -> Result {
        for Sample { sensor, value, at } in samples {
            ensure!((1..=100).contains(&sensor.chars().count()), "a sensor has a name of 1 to 100 characters");
            let at = at.unwrap_or(cx.now()).min(cx.now()); // the clock of a device may be ahead
            self.summarize(cx, &sensor, value, at)?;
            self.watch(cx, &sensor, value, at)?;
            if at + days(1) > cx.now() {
                cx.insert(Reading::new(sensor, value, at))?;
            }
        }
        Ok(())
    }

    /// Has the device do something: now, or when it is connected again.
    #[rpc(public)]
    fn command(&mut self, cx: &mut Cx<Self>, name: String, argument: String) -> Result<Id<Command>> {
        ensure!(Command::by_outcome(cx, None).count()? < i64::from(LONGEST), "{LONGEST} commands wait already");
        self.commands += 1;
        let command = cx.insert(Command::new(name, argument).id(Id::from_raw(self.commands)))?;
        cx.sockets().send(&ToDevice::Command(command.clone()))?;
        Ok(command.id)
    }

    /// What came of a command; nothing while it waits.
    #[rpc(public)]
    fn outcome(&self, cx: &Cx<Self>, command: Id<Command>) -> Result<Option<String>> {
        Ok(cx.get::<Command>(command)?.context("there is no such command")?.outcome)
    }

    /// Says what a setting should be. The device is told, now or when it is connected again.
    #[rpc(public)]
    fn desire(&mut self, cx: &mut Cx<Self>, name: String, value: String) -> Result {
        let reported = cx.get::<Property>(&name)?.and_then(|property| property.reported);
        if reported.as_ref() != Some(&value) {
            cx.sockets().send(&ToDevice::Desired { name: name.clone(), value: value.clone() })?;
        }
        cx.upsert(Property { name, desired: Some(value), reported }).map(drop)
    }

    /// What is known of the device. It need not be connected.
    #[rpc(public)]
    fn twin(&self, cx: &Cx<Self>) -> Result<Twin> {
        let waiting = Command::by_outcome(cx, None).count()?;
        let properties = sql!(cx, Property, "SELECT * FROM property ORDER BY name", allow(scan, "a few")).all()?;
        Ok(Twin { online: !cx.sockets().is_empty(), seen: self.seen, waiting, properties })
    }

    /// The newest values of a sensor, of the last day.
    #[rpc(public)]
    fn readings(&self, cx: &Cx<Self>, sensor: &str, limit: u32) -> Result<Vec<Reading>> {
        ensure!(limit <= LONGEST, "a list has at most {LONGEST} lines");
        Reading::by_sensor(cx, sensor).limit(limit).all()
    }

    /// What a sensor measured in each five minutes of a span of time, of the last ninety days.
    #[rpc(public)]
    fn history(&self, cx: &Cx<Self>, sensor: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Summary>> {
        Summary::by_sensor(cx, sensor).between(from..to).limit(LONGEST).all()
    }

    /// Says which values of a sensor are as they should be.
    #[rpc(public)]
    fn set_threshold(&mut self, cx: &mut Cx<Self>, sensor: String, low: Option<f64>, high: Option<f64>) -> Result {
        cx.upsert(Threshold { sensor, low, high }).map(drop)
    }

    /// What was wrong, and is, the newest first.
    #[rpc(public)]
    fn alerts(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Alert>> {
        ensure!(limit <= LONGEST, "a list has at most {LONGEST} lines");
        sql!(cx, Alert, "SELECT * FROM alert ORDER BY id DESC LIMIT :limit").all()
    }
}

#[durable_object(helpers)]
impl Device {
    /// The settings that the device has to change.
    fn unlike_desired(cx: &Cx<Self>) -> Result<Vec<Property>> {
        sql!(
            cx,
            Property,
            "SELECT * FROM property WHERE desired IS NOT NULL AND reported IS NOT desired ORDER BY name",
            allow(scan, "a device has a few settings")
        )
        .all()
    }

    /// Adds a value to its five minutes.
    fn summarize(&self, cx: &mut Cx<Self>, sensor: &str, value: f64, at: Timestamp) -> Result {
        let start = Timestamp::from_millis(at.as_millis().div_euclid(SUMMARY) * SUMMARY);
        if start + days(90) <= cx.now() {
            return Ok(()); // so late that it would not be kept
        }
        sql!(
            cx,
            "INSERT INTO summary (sensor, start, count, sum, low, high) VALUES (:sensor, :start, 1, :value, :value, :value)
             ON CONFLICT (sensor, start) DO UPDATE SET
                 count = count + 1, sum = sum + excluded.sum, low = min(low, excluded.low), high = max(high, excluded.high)"
        )
        .run()
        .map(drop)
    }

    /// Begins an alert with the first value beyond the threshold, and ends it with the first one within.
    fn watch(&self, cx: &mut Cx<Self>, sensor: &str, value: f64, at: Timestamp) -> Result {
        let Some(threshold) = cx.get::<Threshold>(sensor)? else { return Ok(()) };
        let lasting = Alert::by_sensor_and_ended(cx, sensor, None).first()?;
        match (threshold.is_crossed_by(value), lasting) {
            (true, None) => cx.insert(Alert::new(sensor, value, at)).map(drop),
            (false, Some(alert)) => cx.update(&Alert { ended: Some(at), ..alert }),
            _ => Ok(()),
        }
    }
}
