//! What a twin keeps, and for how long.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A value as it was measured. It is kept for a day.
#[table(ttl = "1d", ttl_from = at, index = (sensor, at desc))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Its number.
    #[key]
    pub id: Id<Reading>,
    /// What measured it.
    pub sensor: String,
    /// The value.
    pub value: f64,
    /// When it was measured.
    pub at: Timestamp,
}

/// What a sensor measured within five minutes. It is kept for ninety days.
#[table(ttl = "90d", ttl_from = start)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What measured it.
    #[key]
    pub sensor: String,
    /// When the five minutes begin.
    #[key]
    pub start: Timestamp,
    /// How many values.
    pub count: u64,
    /// Their sum, for the mean.
    pub sum: f64,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
}

/// A setting of the device: what it should be, and what the device says it is.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its name.
    #[key]
    pub name: String,
    /// What it should be; nothing if nobody has said.
    pub desired: Option<String>,
    /// What it is; nothing if the device has not said.
    pub reported: Option<String>,
}

/// Something that the device is to do. It is kept for thirty days, done or not.
#[table(ttl = "30d", ttl_from = at, index = outcome)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its number, by which a device knows one that it has done already.
    #[key]
    pub id: Id<Command>,
    /// What to do.
    pub name: String,
    /// With what.
    pub argument: String,
    /// What came of it; nothing while it waits.
    #[default(None)]
    pub outcome: Option<String>,
    /// When it was asked for.
    #[default(now)]
    pub at: Timestamp,
}

/// The values of a sensor that are as they should be.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The sensor.
    #[key]
    pub sensor: String,
    /// Less is an alert.
    pub low: Option<f64>,
    /// More is an alert.
    pub high: Option<f64>,
}

impl Threshold {
    /// Whether a value is an alert.
    pub(crate) fn is_crossed_by(&self, value: f64) -> bool {
        self.low.is_some_and(|low| value < low) || self.high.is_some_and(|high| value > high)
    }
}

/// A time in which a sensor was beyond its threshold.
#[table(index = (sensor, ended))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Its number.
    #[key]
    pub id: Id<Alert>,
    /// The sensor.
    pub sensor: String,
    /// The value with which it began.
    pub value: f64,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; nothing while it lasts.
    #[default(None)]
    pub ended: Option<Timestamp>,
}
