//! When an alarm runs again.

use std::fmt;

use super::cron;
use crate::Timestamp;
use crate::error::{Error, ErrorKind, Result};

/// What `#[alarm(every = "…")]` or `#[alarm(cron = "…")]` says of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Nothing: it runs when it was scheduled.
    No,
    /// So many milliseconds.
    Every(u64),
    /// By the calendar.
    Cron {
        /// The five fields.
        expression: &'static str,
        /// The zone; UTC if there is none.
        zone: Option<&'static str>,
    },
}

/// The rule of an alarm that repeats, as it is kept: `every 3600000`, or `cron Europe/Paris 0 3 * * *`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// Milliseconds, more than none.
    Every(i64),
    Cron {
        zone: String,
        expression: String,
    },
}

impl Rule {
    pub(super) fn of(repeat: Repeat) -> Option<Self> {
        match repeat {
            Repeat::No => None,
            Repeat::Every(millis) => Some(Rule::Every(i64::try_from(millis.max(1)).unwrap_or(i64::MAX))),
            Repeat::Cron { expression, zone } => {
                Some(Rule::Cron { zone: zone.unwrap_or(cron::UTC).to_owned(), expression: expression.to_owned() })
            }
        }
    }

    /// Reads what was kept.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let rule = match text.split_once(' ') {
            Some(("every", millis)) => millis.parse().ok().filter(|millis| *millis > 0).map(Rule::Every),
            Some(("cron", rest)) => rest
                .split_once(' ')
                .map(|(zone, expression)| Rule::Cron { zone: zone.to_owned(), expression: expression.to_owned() }),
            _ => None,
        };
        rule.ok_or_else(|| {
            let message = format!("an alarm repeats by a rule that this program doesn't know: {text:?}");
            Error::new(ErrorKind::Storage, message)
        })
    }

    /// When it runs for the first time if it is set now.
    pub(super) fn first(&self, now: Timestamp) -> Result<Timestamp> {
        self.next(now, now)
    }

    /// When it runs after a run that was set for `at`: the first time after now that keeps the phase.
    pub(super) fn next(&self, at: Timestamp, now: Timestamp) -> Result<Timestamp> {
        let after = now.max(at);
        match self {
            Rule::Every(millis) => {
                let (at, after, period) = (at.as_millis(), i128::from(after.as_millis()), i128::from(*millis));
                let periods = (after - i128::from(at)) / period + 1;
                let next = i128::from(at) + periods * period;
                Ok(Timestamp::from_millis(i64::try_from(next).unwrap_or(i64::MAX)))
            }
            Rule::Cron { zone, expression } => cron::next(expression, zone, after),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::Every(millis) => write!(f, "every {millis}"),
            Rule::Cron { zone, expression } => write!(f, "cron {zone} {expression}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_period_keeps_its_phase_however_late_a_run_is() {
        let rule = Rule::Every(10);
        assert_eq!(rule.first(at(3)).unwrap(), at(13));
        assert_eq!(rule.next(at(13), at(13)).unwrap(), at(23));
        assert_eq!(rule.next(at(13), at(22)).unwrap(), at(23));
        assert_eq!(rule.next(at(13), at(23)).unwrap(), at(33));
        assert_eq!(rule.next(at(13), at(1_000)).unwrap(), at(1_003));
        assert_eq!(rule.next(at(13), at(5)).unwrap(), at(23), "run ahead of its time");
    }

    #[test]
    fn a_rule_is_read_as_it_was_written() {
        for rule in
            [Rule::Every(3_600_000), Rule::Cron { zone: "Europe/Paris".into(), expression: "0 3 * * MON".into() }]
        {
            assert_eq!(Rule::parse(&rule.to_string()).unwrap(), rule);
        }
        for wrong in ["", "every", "every 0", "every x", "cron", "cron UTC", "yearly 1"] {
            assert_eq!(Rule::parse(wrong).unwrap_err().kind(), ErrorKind::Storage, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn the_next_period_is_after_now_and_in_phase(set: i64, now: i64, period in 1..i64::MAX) {
            let next = Rule::Every(period).next(at(set), at(now)).unwrap().as_millis();
            prop_assert!(next == i64::MAX || next > now.max(set));
            prop_assert!(next == i64::MAX || (i128::from(next) - i128::from(set)) % i128::from(period) == 0);
        }
    }
}
