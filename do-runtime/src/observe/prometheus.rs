//! The process's recorder for Prometheus.

use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
// Kept for the whole process, whatever runs in it.
use parking_lot::Mutex;

use super::sampled::sample;
use crate::error::{Error, ErrorKind, Result};

/// What times are sorted into, in seconds: from a call in memory up to an alarm that is late by an hour.
const SECONDS: [f64; 20] = [
    0.000_001, 0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
    2.5, 10.0, 60.0, 600.0, 3600.0,
];

/// How often measurements are put into their buckets: until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(1);

/// The one of this process, once a server asked for it.
static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);

/// What is recorded in this process, for Prometheus to read.
#[derive(Clone)]
pub(crate) struct Exporter(PrometheusHandle);

impl Exporter {
    /// The recorder, installed if it is not yet. It stays as long as the process.
    ///
    /// # Errors
    /// `conflict` if the program has installed another recorder.
    pub(crate) fn of_process() -> Result<Self> {
        let mut installed = INSTALLED.lock();
        if let Some(handle) = &*installed {
            return Ok(Exporter(handle.clone()));
        }
        let handle = install()?;
        *installed = Some(handle.clone());
        Ok(Exporter(handle))
    }

    /// Everything that was recorded, in the text format of Prometheus; what is looked at is looked at now.
    pub(crate) fn render(&self) -> String {
        sample();
        self.0.render()
    }
}

fn install() -> Result<PrometheusHandle> {
    let internal = |error| Error::with_source(ErrorKind::Internal, "the buckets of histograms are none", error);
    let builder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(internal)?;
    let handle = builder.install_recorder().map_err(|error| {
        let sentence = "this program has installed a recorder of metrics of its own: leave `.metrics(…)` out, and let \
                        that one export them";
        Error::with_source(ErrorKind::Conflict, sentence, error)
    })?;
    let upkeep = handle.clone();
    let keep_up = move || loop {
        std::thread::sleep(UPKEEP);
        upkeep.run_upkeep();
    };
    let cannot =
        |error| Error::with_source(ErrorKind::Unavailable, "the thread that keeps metrics could not be started", error);
    std::thread::Builder::new().name("do-metrics".to_owned()).spawn(keep_up).map_err(cannot)?;
    Ok(handle)
}
