//! Rules that may be any text.

use super::repeat::Rule;
use crate::Timestamp;

/// A rule there and back; the next run is after the last one and after now.
pub(crate) fn rule(text: &str, [at, now]: [Timestamp; 2]) {
    let Ok(rule) = Rule::parse(text) else { return };
    assert_eq!(Rule::parse(&rule.to_string()), Ok(rule.clone()));
    if let Ok(next) = rule.next(at, now) {
        assert!(next > at.max(now) || next.as_millis() == i64::MAX, "{rule} runs at {next} again");
    }
}
