//! Counters, totals and time series: what is sent counts at once, in the total of its metric, for its label, and in its minute.
//! Raw points live for a day; minutes become hours after two.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// How long minutes are kept before they become hours.
const MINUTES_ARE_KEPT: u64 = 2; // days

/// The most buckets of a series, and the most lines of a list.
const LONGEST: u32 = 10_000;

/// The largest value, up or down, so that no sum overflows before nine million points of it.
const LARGEST: i64 = 1_000_000_000_000;

/// A point as it was sent. It vanishes after a day.
#[table(ttl = "1d", ttl_from = at, index = (metric, at desc))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Its number.
    #[key]
    pub id: Id<Point>,
    /// What is measured: `visits`, `revenue`.
    pub metric: String,
    /// Of what: a page, a product, a country.
    pub label: String,
    /// How much; 1 for what is only counted.
    pub value: i64,
    /// When it arrived.
    #[default(now)]
    pub at: Timestamp,
}

/// All that was ever sent of a metric.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The metric.
    #[key]
    pub metric: String,
    /// How many points.
    pub count: u64,
    /// The sum of their values.
    pub sum: i64,
}

/// All that was ever sent of a metric with one label.
#[table(index = (metric, sum desc, label))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The metric.
    #[key]
    pub metric: String,
    /// The label.
    #[key]
    pub label: String,
    /// How many points.
    pub count: u64,
    /// The sum of their values.
    pub sum: i64,
}

/// What arrived in a minute, or in an hour.
#[table(index = (span, start))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// The metric.
    #[key]
    pub metric: String,
    /// How long it is.
    #[key]
    pub span: Span,
    /// When it begins: at a full minute, or a full hour of UTC.
    #[key]
    pub start: Timestamp,
    /// How many points.
    pub count: u64,
    /// The sum of their values.
    pub sum: i64,
}

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Column)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
}

impl Span {
    /// In milliseconds.
    const fn length(self) -> i64 {
        match self {
            Span::Minute => 60_000,
            Span::Hour => 3_600_000,
        }
    }

    /// The bucket that a time lies in.
    fn start(self, at: Timestamp) -> Timestamp {
        Timestamp::from_millis(at.as_millis().div_euclid(self.length()).saturating_mul(self.length()))
    }

    /// The first bucket that begins at a time or after it.
    fn start_from(self, at: Timestamp) -> Timestamp {
        let start = self.start(at);
        if start < at { self.later(start, 1) } else { start }
    }

    /// The bucket so many later.
    fn later(self, start: Timestamp, buckets: i64) -> Timestamp {
        Timestamp::from_millis(start.as_millis().saturating_add(buckets.saturating_mul(self.length())))
    }
}

/// What a series has where nothing arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gaps {
    /// No bucket.
    Skip,
    /// A bucket of zeros.
    Zero,
}

/// A value that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// What is measured.
    pub metric: String,
    /// Of what.
    pub label: String,
    /// How much.
    pub value: i64,
}

/// The numbers of one site, one app, one tenant.
#[durable_object(tables(Point, Total, Share, Bucket), scans = "deny")]
pub struct Analytics;

#[durable_object]
impl Analytics {
    /// Takes points: all of them, or none. They count at once.
    #[rpc(public)]
    fn record(&mut self, cx: &mut Cx<Self>, samples: Vec<Sample>) -> Result {
        for sample in samples {
            Self::count(cx, sample)?;
        }
        Ok(())
    }

    /// All that was ever sent of a metric; `None` if nothing was.
    #[rpc(public, live)]
    fn total(&self, cx: &Cx<Self>, metric: &str) -> Result<Option<Total>> {
        cx.get(metric)
    }

    /// The labels of a metric with the largest sums; equal ones by their names.
    #[rpc(public, live)]
    fn top(&self, cx: &Cx<Self>, metric: &str, limit: u32) -> Result<Vec<Share>> {
        ensure!(limit <= LONGEST, "a list has at most {LONGEST} lines");
        sql!(cx, Share, "SELECT * FROM share WHERE metric = :metric ORDER BY sum DESC, label LIMIT :limit").all()
    }

    /// The newest points of a metric that are there.
    #[rpc(public)]
    fn points(&self, cx: &Cx<Self>, metric: &str, limit: u32) -> Result<Vec<Point>> {
        ensure!(limit <= LONGEST, "a list has at most {LONGEST} lines");
        sql!(cx, Point, "SELECT * FROM point WHERE metric = :metric ORDER BY at DESC, id DESC LIMIT :limit").all()
    }

    /// The buckets of a metric that begin in a span of time, in their order.
    #[rpc(public)]
    fn series(
        &self,
        cx: &Cx<Self>,
        metric: &str,
        span: Span,
        from: Timestamp,
        to: Timestamp,
        gaps: Gaps,
    ) -> Result<Vec<Bucket>> {
        let (from, to) = (span.start_from(from), span.start_from(to));
        let buckets = to.as_millis().saturating_sub(from.as_millis()) / span.length();
        ensure!(buckets <= i64::from(LONGEST), "a series has at most {LONGEST} buckets, not {buckets}");
        let empty = |start| (start, Bucket { metric: metric.to_owned(), span, start, count: 0, sum: 0 });
        let mut series: BTreeMap<Timestamp, Bucket> = match gaps {
            Gaps::Skip => BTreeMap::new(),
            Gaps::Zero => (0..buckets).map(|number| empty(span.later(from, number))).collect(),
        };
        let mut add = |part: Bucket| {
            let (start, empty) = empty(span.start(part.start));
            let bucket = series.entry(start).or_insert(empty);
            bucket.count += part.count;
            bucket.sum += part.sum;
        };
        Bucket::by_metric_and_span(cx, metric, Span::Minute).between(from..to).each(&mut add)?;
        if span == Span::Hour {
            Bucket::by_metric_and_span(cx, metric, Span::Hour).between(from..to).each(add)?;
        }
        Ok(series.into_values().collect())
    }

    /// The newest buckets, the one that is not over yet among them, and those in which nothing arrived: what a chart shows.
    #[rpc(public, live)]
    fn latest(&self, cx: &Cx<Self>, metric: &str, span: Span, buckets: u32) -> Result<Vec<Bucket>> {
        let end = span.later(span.start(cx.now()), 1);
        self.series(cx, metric, span, span.later(end, -i64::from(buckets)), end, Gaps::Zero)
    }

    /// Minutes that are old become hours. It is one transaction, so that nothing counts twice or not at all.
    #[alarm(every = "1h")]
    fn roll_up(&mut self, cx: &mut Cx<Self>) -> Result {
        let (minute, hour) = (Span::Minute, Span::Hour);
        let before = hour.start(cx.now() - days(MINUTES_ARE_KEPT));
        sql!(
            cx,
            "INSERT INTO bucket (metric, span, start, count, sum)
             SELECT metric, :hour, start - start % :length, sum(count), sum(sum) FROM bucket
             WHERE span = :minute AND start < :before GROUP BY metric, start - start % :length
             ON CONFLICT (metric, span, start) DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum",
            length = hour.length()
        )
        .run()?;
        sql!(cx, "DELETE FROM bucket WHERE span = :minute AND start < :before").run()?;
        Ok(())
    }
}

#[durable_object(helpers)]
impl Analytics {
    /// Counts one point everywhere.
    fn count(cx: &mut Cx<Self>, Sample { metric, label, value }: Sample) -> Result {
        for name in [&metric, &label] {
            ensure!((1..=200).contains(&name.chars().count()), "a metric and a label have 1 to 200 characters");
        }
        ensure!((-LARGEST..=LARGEST).contains(&value), "a value is between -{LARGEST} and {LARGEST}");
        let (minute, start) = (Span::Minute, Span::Minute.start(cx.now()));
        sql!(
            cx,
            "INSERT INTO total (metric, count, sum) VALUES (:metric, 1, :value)
             ON CONFLICT (metric) DO UPDATE SET count = count + 1, sum = sum + excluded.sum"
        )
        .run()?;
        sql!(
            cx,
            "INSERT INTO share (metric, label, count, sum) VALUES (:metric, :label, 1, :value)
             ON CONFLICT (metric, label) DO UPDATE SET count = count + 1, sum = sum + excluded.sum"
        )
        .run()?;
        sql!(
            cx,
            "INSERT INTO bucket (metric, span, start, count, sum) VALUES (:metric, :minute, :start, 1, :value)
             ON CONFLICT (metric, span, start) DO UPDATE SET count = count + 1, sum = sum + excluded.sum"
        )
        .run()?;
        cx.insert(Point::new(metric, label, value))?;
        Ok(())
    }
}
