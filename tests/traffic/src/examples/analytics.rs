//! Batches of points by many senders: totals, labels, minutes and points agree, what was acknowledged is in them, and no batch counts in part.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::json;

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::{Count, Fate, Ledger};
use crate::user::{Stop, User, now};

/// How many batches a site has, each with a label of its own.
const BATCHES: u64 = 1_500;

#[derive(Default)]
struct Site {
    points: Count,
    labels: Ledger,
    /// How many points a label has.
    sizes: BTreeMap<String, u64>,
}

#[derive(Default)]
pub(super) struct Analytics {
    sites: Mutex<BTreeMap<String, Site>>,
}

impl Traffic for Analytics {
    const NAME: &'static str = "analytics";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let site = format!("shop-{}", user.step / BATCHES);
        if user.random.u8(0..8) == 0 {
            let before = self.sites.lock().entry(site.clone()).or_default().points.acknowledged;
            let total = user.ask("Analytics", &site, "total", json!({"metric": "visits"})).await?;
            let count = number(&total, "count");
            user.ensure(count >= before, || format!("a total of {count} was read when {before} were acknowledged"));
            return Ok(());
        }
        let (label, size) = (format!("/page/{}", user.step), user.random.u64(1..=4));
        {
            let mut sites = self.sites.lock();
            let site = sites.entry(site.clone()).or_default();
            site.points.tries(size);
            site.labels.note(&label, Fate::Unknown);
            site.sizes.insert(label.clone(), size);
        }
        let samples: Vec<_> = (0..size).map(|_| json!({"metric": "visits", "label": label, "value": 10})).collect();
        user.ask("Analytics", &site, "record", json!({"samples": samples})).await?;
        let mut sites = self.sites.lock();
        let site = sites.entry(site).or_default();
        site.points.acknowledges(size);
        site.labels.note(label, Fate::There);
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let sites = std::mem::take(&mut *self.sites.lock());
        for (name, Site { points, labels, sizes }) in sites.into_iter().filter(|(_, site)| site.points.tried > 0) {
            let total = user.ask("Analytics", &name, "total", json!({"metric": "visits"})).await?;
            let (count, sum) = (number(&total, "count"), number(&total, "sum"));
            user.compare("points", points, count);
            user.ensure(sum == 10 * count, || format!("{count} points of 10 have the sum {sum}"));

            let shares = user.ask("Analytics", &name, "top", json!({"metric": "visits", "limit": 10_000})).await?;
            for share in lines(&shares) {
                let (label, counted) = (text(share, "label"), number(share, "count"));
                let size = sizes.get(&label).copied();
                user.ensure(size == Some(counted), || {
                    format!("the batch {label} counts {counted} times, not {size:?}")
                });
            }
            let counted: u64 = lines(&shares).map(|share| number(share, "count")).sum();
            user.ensure(counted == count, || format!("labels have {counted} points, and the total {count}"));
            user.compare_all("batches", &labels, lines(&shares).map(|share| text(share, "label")));

            let (from, to) = (now() - 86_400_000, now() + 3_600_000);
            let span = json!({"metric": "visits", "span": "minute", "from": from, "to": to, "gaps": "skip"});
            let minutes = user.ask("Analytics", &name, "series", span).await?;
            let counted: u64 = lines(&minutes).map(|minute| number(minute, "count")).sum();
            user.ensure(counted == count, || format!("minutes have {counted} points, and the total {count}"));
            let kept = user.ask("Analytics", &name, "points", json!({"metric": "visits", "limit": 10_000})).await?;
            let kept = lines(&kept).count() as u64;
            user.ensure(kept == count, || format!("{kept} points are kept of {count}"));
        }
        Ok(())
    }
}
