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

/// Arguments: each as some types, and what was read there and back. What is written is read as it was, whatever is beside it.
pub(crate) fn arguments(input: &[u8]) {
    let mut numbers = Input::new(input);
    let shapes = [any_shape(&mut numbers, 3), any_shape(&mut numbers, 3)];
    let written = ArgumentsWriter::written(|writer| {
        writer.put("a", &shapes[0])?;
        writer.put("b", &numbers.number())?;
        writer.put("text", &shapes[1])
    });
    let written = written.expect("any shape can be written");
    let mut reader = ArgumentsReader::new(&written).expect("what was written can be read");
    assert_eq!(reader.take::<Shape>("text").as_ref(), Ok(&shapes[1]));
    assert_eq!(reader.take::<Shape>("a").as_ref(), Ok(&shapes[0]));
    let encoded = payload::encode(&shapes[0]).expect("any shape can be written");
    assert_eq!(payload::decode::<Shape>(&encoded).ok().as_ref(), Some(&shapes[0]));
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

fn any_shape(input: &mut Input<'_>, deep: usize) -> Shape {
    let (kind, count) = (input.byte() % 6, input.below(20));
    match kind {
        1 => Shape::Circle { radius: input.number() as u32, name: (count % 2 == 0).then(|| input.text(40)) },
        2 if deep > 0 => Shape::Group((0..count).map(|_| any_shape(input, deep - 1)).collect()),
        3 => Shape::Bytes(Bytes::from(input.slice(count * 20).to_vec())),
        4 => Shape::Map((0..count).map(|number| (format!("{number}"), input.number() as i64)).collect()),
        5 if deep > 0 => Shape::Pair(Box::new((any_shape(input, deep - 1), input.byte()))),
        _ => Shape::Point,
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
