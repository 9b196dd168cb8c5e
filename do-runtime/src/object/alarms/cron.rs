//! Times by the calendar: cron expressions of five fields, in a zone.
//!
//! Daylight saving: an expression with a fixed hour and minute runs once on each of its days; at an hour that is left out, as
//! soon as the clock has leapt over it, and at one that comes twice, the first time. One that says `*` or a step for minute or
//! hour goes by the time that passes: it runs in both of two equal hours, and in none that is left out.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;

use crate::Timestamp;
use crate::error::{Error, Result};

/// The zone of an expression that names none.
pub(super) const UTC: &str = "UTC";

/// The first match of an expression after a time. `invalid` if it is no expression, the zone is not known, or nothing
/// matches.
pub(super) fn next(expression: &str, zone: &str, after: Timestamp) -> Result<Timestamp> {
    let cron = parse(expression)?;
    let zone = time_zone(zone)?;
    let never = || Error::invalid(format!("the cron expression {expression:?} matches no time any more"));
    let start = jiff::Timestamp::from_millisecond(after.as_millis()).map_err(|_| never())?.to_zoned(zone);
    let next = cron.find_next_occurrence(&start, false).map_err(|_| never())?;
    Ok(Timestamp::from_millis(next.timestamp().as_millisecond()))
}

fn parse(expression: &str) -> Result<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(expression).map_err(|error| {
        let message = format!(
            "{expression:?} is no cron expression ({error}): write minute, hour, day of the month, month and day of the week, \
             such as \"0 3 * * *\""
        );
        Error::with_source(crate::ErrorKind::Invalid, message, error)
    })
}

fn time_zone(name: &str) -> Result<TimeZone> {
    if name == UTC {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|error| {
        let message = format!("{name:?} is no time zone that is known: write a name such as \"Europe/Paris\"");
        Error::with_source(crate::ErrorKind::Invalid, message, error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    fn runs(expression: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let mut now = at(after);
        (0..count)
            .map(|_| {
                now = next(expression, zone, now).unwrap();
                now.to_string()
            })
            .collect()
    }

    #[test]
    fn five_fields_give_the_times_after_a_time() {
        assert_eq!(runs("0 3 * * *", "UTC", "2026-01-01T03:00:00Z", 1), ["2026-01-02T03:00:00Z"]);
        assert_eq!(runs("0 3 * * *", "UTC", "2026-01-01T02:59:59.999Z", 1), ["2026-01-01T03:00:00Z"]);
        assert_eq!(
            runs("*/20 9-10 * * MON-FRI", "UTC", "2026-01-02T10:20:00Z", 3),
            ["2026-01-02T10:40:00Z", "2026-01-05T09:00:00Z", "2026-01-05T09:20:00Z"]
        );
        assert_eq!(runs("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 1), ["2028-02-29T00:00:00Z"]);
    }

    #[test]
    fn an_hour_that_is_left_out_is_made_up_for_once() {
        // Paris leaps from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
        assert_eq!(
            runs("30 2 * * *", "Europe/Paris", "2026-03-27T12:00:00Z", 3),
            ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            runs("*/30 * * * *", "Europe/Paris", "2026-03-29T00:30:00Z", 3),
            ["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-29T02:00:00Z"]
        );
    }

    #[test]
    fn an_hour_that_comes_twice_runs_a_fixed_time_once() {
        // Paris goes back from 03:00 to 02:00 on 2026-10-25, at 01:00 UTC.
        assert_eq!(
            runs("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        assert_eq!(
            runs("*/30 * * * *", "Europe/Paris", "2026-10-24T23:45:00Z", 4),
            ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"]
        );
    }

    #[test]
    fn what_is_no_expression_zone_or_time_is_said_in_words() {
        let said = |expression, zone| next(expression, zone, at("2026-01-01T00:00:00Z")).unwrap_err().to_string();
        for wrong in ["", "* * * *", "0 0 3 * * *", "61 * * * *", "a b c d e"] {
            let error = said(wrong, UTC);
            assert!(error.contains("no cron expression") && error.contains("such as \"0 3 * * *\""), "{error}");
        }
        assert!(said("0 3 * * *", "Europe/Pari").contains("\"Europe/Pari\" is no time zone"));
        assert!(said("0 0 30 2 *", UTC).contains("matches no time any more"));
    }
}
