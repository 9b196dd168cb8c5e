//! Arguments, stored values and the rules of alarms, as they may come from a disk or from another program.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::alarms::fuzzing as rules;
use super::{ArgumentsReader, ArgumentsWriter, payload};
use crate::fuzzing::Input;
use crate::{Bytes, ErrorKind, Timestamp};

/// What a parameter may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle { radius: u32, name: Option<String> },
    Group(Vec<Shape>),
    Bytes(Bytes),
    Map(BTreeMap<String, i64>),
    Pair(Box<(Shape, u8)>),
}

/// Arguments: each as some types, and what was read there and back.
pub(crate) fn arguments(input: &[u8]) {
    let mut reader = match ArgumentsReader::new(input) {
        Ok(reader) => reader,
        Err(error) => return assert_eq!(error.kind(), ErrorKind::Invalid),
    };
    for name in ["a", "b", "text"] {
        read::<u32>(&mut reader, name);
        read::<Option<i8>>(&mut reader, name);
        read::<String>(&mut reader, name);
        read::<Bytes>(&mut reader, name);
        read::<Vec<Vec<u64>>>(&mut reader, name);
        read::<BTreeMap<String, Option<bool>>>(&mut reader, name);
        read::<Shape>(&mut reader, name);
        read::<(char, i128, ())>(&mut reader, name);
        let _ = reader.take::<serde_json::Value>(name);
        let _ = reader.take::<f64>(name);
    }
}

fn read<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    reader: &mut ArgumentsReader<'_>,
    name: &'static str,
) {
    let value = match reader.take::<T>(name) {
        Ok(value) => value,
        Err(error) => return assert_eq!(error.kind(), ErrorKind::Invalid),
    };
    let bytes = ArgumentsWriter::written(|writer| writer.put(name, &value)).expect("what was read can be written");
    let again = ArgumentsReader::new(&bytes).and_then(|mut reader| reader.take::<T>(name));
    assert_eq!(again, Ok(value));
}

/// A value that rests outside of tables.
pub(crate) fn payload(input: &[u8]) {
    if let Ok(value) = payload::decode::<Shape>(input) {
        let bytes = payload::encode(&value).expect("what was read can be written");
        assert_eq!(payload::decode::<Shape>(&bytes).ok(), Some(value));
    }
    let _ = payload::decode::<serde_json::Value>(input);
    let _ = payload::decode::<BTreeMap<String, Vec<u8>>>(input);
}

/// The rule by which an alarm repeats, and when it runs next.
pub(crate) fn rule(input: &[u8]) {
    let mut input = Input::new(input);
    let times = [input.number(), input.number()].map(|number| Timestamp::from_millis(number as i64));
    rules::rule(&String::from_utf8_lossy(input.rest()), times);
}
