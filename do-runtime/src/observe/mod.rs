//! What is counted and measured while objects run: the feature `metrics`, by way of the crate of that name.
//!
//! Everything that is recorded anywhere is recorded by a function of this module; without the feature each of them is empty. Labels are a
//! class, a method and an outcome, which are known when the program is compiled: never the name or id of an object.

#[cfg(feature = "metrics")]
mod names;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "metrics")]
mod recorded;
#[cfg(feature = "metrics")]
mod sampled;
#[cfg(not(feature = "metrics"))]
mod unrecorded;

use crate::error::ErrorKind;

#[cfg(feature = "prometheus")]
pub(crate) use prometheus::Exporter;
#[cfg(feature = "metrics")]
pub(crate) use recorded::*;
#[cfg(feature = "metrics")]
pub(crate) use sampled::{now_and_then, watch};
#[cfg(not(feature = "metrics"))]
pub(crate) use unrecorded::*;

/// What has come of something.
pub(crate) type Came = Result<(), ErrorKind>;
