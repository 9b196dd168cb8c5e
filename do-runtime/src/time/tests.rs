use super::*;
use crate::error::ErrorKind;

#[test]
fn a_timestamp_moves_by_durations_and_stops_at_its_ends() {
    let time = Timestamp::from_millis(10_000);
    assert_eq!(time + secs(2), Timestamp::from_millis(12_000));
    assert_eq!(time - millis(1), Timestamp::from_millis(9_999));
    assert_eq!(time + Duration::from_micros(1_999), Timestamp::from_millis(10_001));
    assert_eq!(time + Duration::MAX, Timestamp::from_millis(i64::MAX));
    assert_eq!(time - Duration::MAX, Timestamp::from_millis(i64::MIN));
    assert_eq!(Timestamp::from_millis(i64::MIN) + days(1), Timestamp::from_millis(i64::MIN + 86_400_000));
    let mut moved = time;
    moved += minutes(1);
    moved -= secs(30);
    assert_eq!(moved, Timestamp::from_millis(40_000));
}

#[test]
fn the_difference_of_timestamps_is_zero_when_the_first_is_not_later() {
    let (early, late) = (Timestamp::from_millis(-500), Timestamp::from_millis(1_500));
    assert_eq!(late - early, secs(2));
    assert_eq!(early - late, Duration::ZERO);
    let all = Timestamp::from_millis(i64::MAX) - Timestamp::from_millis(i64::MIN);
    assert_eq!(all, Duration::from_millis(u64::MAX));
}

#[test]
fn a_timestamp_is_shown_in_rfc_3339() {
    assert_eq!(Timestamp::from_millis(1_735_732_800_250).to_string(), "2025-01-01T12:00:00.25Z");
    assert_eq!(format!("{:?}", Timestamp::UNIX_EPOCH), "Timestamp(1970-01-01T00:00:00Z)");
    assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9223372036854775807 ms since 1970");
}

#[test]
fn a_timestamp_is_an_integer_in_serde() {
    let time = Timestamp::from_millis(-7);
    assert_eq!(serde_json::to_string(&time).unwrap(), "-7");
    assert_eq!(serde_json::from_str::<Timestamp>("-7").unwrap(), time);
}

#[test]
fn a_timestamp_converts_to_system_time_and_jiff_and_back() {
    for millis in [0, 1, -1, 1_735_732_800_250, -86_400_001] {
        let time = Timestamp::from_millis(millis);
        assert_eq!(Timestamp::from(SystemTime::from(time)), time);
        assert_eq!(Timestamp::from(jiff::Timestamp::from(time)), time);
    }
    assert_eq!(jiff::Timestamp::from(Timestamp::from_millis(i64::MAX)), jiff::Timestamp::MAX);
    assert_eq!(jiff::Timestamp::from(Timestamp::from_millis(i64::MIN)), jiff::Timestamp::MIN);
}

#[test]
fn a_fraction_before_1970_belongs_to_the_millisecond_that_has_begun() {
    let time = UNIX_EPOCH - Duration::from_nanos(1);
    assert_eq!(Timestamp::from(time), Timestamp::from_millis(-1));
    let time = jiff::Timestamp::from_nanosecond(-1).unwrap();
    assert_eq!(Timestamp::from(time), Timestamp::from_millis(-1));
}

#[test]
fn durations_are_read_in_the_friendly_form() {
    for (text, duration) in [
        ("24h 1s", hours(24) + secs(1)),
        ("30d", days(30)),
        ("1w", days(7)),
        ("1m 30s", secs(90)),
        ("250ms", millis(250)),
        ("5 minutes", minutes(5)),
        ("0s", Duration::ZERO),
    ] {
        assert_eq!(text.into_duration().unwrap(), duration, "{text}");
        assert_eq!(text.to_string().into_duration().unwrap(), duration, "{text}");
    }
    assert_eq!(secs(3).into_duration().unwrap(), secs(3));
}

#[test]
fn durations_are_read_as_iso_8601_has_them() {
    assert_eq!("PT1M30S".into_duration().unwrap(), secs(90));
    assert_eq!("P1DT0.5S".into_duration().unwrap(), days(1) + millis(500));
    assert!("P1M".into_duration().is_err(), "a month has no fixed length");
}

#[test]
fn a_period_is_iso_8601_outside_of_the_program_whatever_its_length() {
    for (duration, written) in [
        (Duration::ZERO, "PT0S"),
        (Duration::from_nanos(1), "PT0.000000001S"),
        (millis(2_400), "PT2.4S"),
        (days(30) + secs(1), "PT720H1S"),
    ] {
        let period = Period::from(duration);
        assert_eq!(serde_json::to_value(period).unwrap(), serde_json::json!(written));
        assert_eq!(serde_json::from_value::<Period>(written.into()).unwrap(), duration);
        assert_eq!(rmp_serde::from_slice::<Period>(&rmp_serde::to_vec(&period).unwrap()).unwrap(), period);
        assert_eq!(period.to_string().parse::<Period>().unwrap(), period);
    }
    let longest = Period::from(Duration::MAX);
    assert!(serde_json::to_string(&longest).is_ok(), "it stops at what can be written");
}

#[test]
fn a_text_that_is_no_duration_is_invalid() {
    for text in ["", "soon", "10", "-5s", "5s ago", "1mo", "1y"] {
        let error = text.into_duration().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn durations_too_long_for_their_type_stop_at_its_end() {
    assert_eq!(days(u64::MAX), Duration::from_secs(u64::MAX));
    assert_eq!(hours(1), minutes(60));
}
