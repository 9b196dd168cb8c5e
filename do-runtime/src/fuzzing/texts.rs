//! Texts that users and other programs write.

use std::collections::BTreeMap;

use crate::value::Id;
use crate::{Column, IntoDuration, Json, ObjectId, Timestamp, ToValue, TraceParent, Uuid, Value, ValueRef};

/// A W3C trace parent.
pub(super) fn trace_parent(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(trace) = text.parse::<TraceParent>() {
        assert!(trace.trace_id() != 0 && trace.parent_id() != 0);
        assert_eq!(trace.to_string().parse::<TraceParent>(), Ok(trace));
        assert!(!text.starts_with("00-") || trace.to_string() == text);
    }
}

/// A duration, and what is added to a time.
pub(super) fn duration(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(duration) = text.as_ref().into_duration() else { return };
    for time in [i64::MIN, -1, 0, i64::MAX].map(Timestamp::from_millis) {
        assert!(time + duration >= time && time - duration <= time);
    }
    // jiff has a greatest number of milliseconds.
    if let Ok(again) = format!("{}ms", duration.as_millis()).into_duration() {
        assert_eq!(again.as_millis(), duration.as_millis());
    }
}

/// Ids, and columns that hold JSON, UUIDs and times.
pub(super) fn ids_and_json(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(id) = text.parse::<ObjectId>() {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
    if let Ok(id) = text.parse::<Id<()>>() {
        assert_eq!(id.to_string().parse::<Id<()>>().as_ref(), Ok(&id));
    }
    if let Ok(json) = Json::<BTreeMap<String, Option<Vec<i64>>>>::from_value(ValueRef::Text(&text)) {
        assert_eq!(there_and_back(&json), json);
    }
    let _ = Json::<serde_json::Value>::from_value(ValueRef::Text(&text));
    if let Ok(uuid) = Uuid::from_value(ValueRef::Blob(input)) {
        assert_eq!(there_and_back(&uuid), uuid);
    }
    if let Ok(number) = text.parse::<i64>() {
        let time = Timestamp::from_millis(number);
        assert_eq!(there_and_back(&time), time);
        assert!(!time.to_string().is_empty());
    }
}

fn there_and_back<T: Column + ToValue>(value: &T) -> T {
    let stored = value.to_value().expect("what was read can be written");
    let stored = match &stored {
        Value::Null => ValueRef::Null,
        Value::Integer(number) => ValueRef::Integer(*number),
        Value::Real(number) => ValueRef::Real(*number),
        Value::Text(text) => ValueRef::Text(text),
        Value::Blob(bytes) => ValueRef::Blob(bytes),
    };
    T::from_value(stored).expect("what was written can be read")
}
