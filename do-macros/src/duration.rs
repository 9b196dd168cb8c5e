//! Durations in attributes, in jiff's friendly form: `"30s"`, `"1m 30s"`, `"24h 1s"`, `"30d"`. A day has 24 hours.

use jiff::fmt::friendly::SpanParser;
use jiff::{SignedDuration, SpanRelativeTo};
use syn::LitStr;

use crate::problems::Problems;

/// The milliseconds of a duration, which is at least one.
pub(crate) fn millis(text: &LitStr, problems: &mut Problems) -> Option<u64> {
    let value = text.value();
    let Some(duration) = duration(&value) else {
        let message = format!("{value:?} is not a duration: write it as in \"30s\", \"1m 30s\", \"24h\" or \"30d\"");
        problems.at(text, message);
        return None;
    };
    match u64::try_from(duration.as_millis()) {
        Ok(0) => problems.at(text, "this is no time at all: write at least \"1ms\""),
        Ok(millis) => return Some(millis),
        Err(_) => problems.at(text, "a duration is not negative: write it as in \"30s\""),
    }
    None
}

/// A day has 24 hours; months and years have no fixed length.
fn duration(text: &str) -> Option<SignedDuration> {
    let span = SpanParser::new().parse_span(text).ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use proc_macro2::Span;

    use super::*;

    fn read(text: &str) -> Result<u64, String> {
        let mut problems = Problems::default();
        let millis = millis(&LitStr::new(text, Span::call_site()), &mut problems);
        millis.ok_or_else(|| problems.sentences().concat())
    }

    #[test]
    fn friendly_forms_are_read() {
        assert_eq!(read("30s"), Ok(30_000));
        assert_eq!(read("1m 30s"), Ok(90_000));
        assert_eq!(read("24h 1s"), Ok(86_401_000));
        assert_eq!(read("250ms"), Ok(250));
        assert_eq!(read("1d 12h"), Ok(129_600_000));
        assert_eq!(read("30d"), Ok(2_592_000_000));
        assert_eq!(read("1w"), Ok(604_800_000));
    }

    #[test]
    fn nonsense_shows_how_to_write_one() {
        assert_eq!(
            read("soon"),
            Err("\"soon\" is not a duration: write it as in \"30s\", \"1m 30s\", \"24h\" or \"30d\"".into())
        );
        assert_eq!(read("0s"), Err("this is no time at all: write at least \"1ms\"".into()));
        assert_eq!(read("-5s"), Err("a duration is not negative: write it as in \"30s\"".into()));
    }
}
