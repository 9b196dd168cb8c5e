use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    author: String,
    votes: Option<u32>,
}

fn line() -> Line {
    Line { author: "ann".into(), votes: Some(3) }
}

fn written(fill: impl FnOnce(&mut ArgumentsWriter) -> Result) -> Vec<u8> {
    let mut writer = ArgumentsWriter::new();
    fill(&mut writer).expect("these can be encoded");
    writer.finish()
}

fn sentence<T>(result: Result<T>) -> String {
    let error = result.err().expect("this is refused");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    error.to_string()
}

#[test]
fn arguments_come_back_by_name_in_any_order() {
    let bytes = written(|to| {
        to.put("text", "hello")?;
        to.put("lines", &vec![line()])?;
        to.put("nothing", &())
    });
    let mut reader = ArgumentsReader::new(&bytes).expect("they were just written");
    assert_eq!(reader.take::<Vec<Line>>("lines").unwrap(), [line()]);
    assert_eq!(reader.take::<String>("text").unwrap(), "hello");
    reader.take::<()>("nothing").unwrap();
}

#[test]
fn the_format_stays_as_it_is() {
    let bytes = written(|to| {
        to.put("who", "ann")?;
        to.put("line", &line())
    });
    let mut expected = vec![1, 0x82, 0xa3];
    expected.extend(b"who\xa3ann\xa4line\x82\xa6author\xa3ann\xa5votes\x03");
    assert_eq!(bytes, expected);
}

#[test]
fn a_method_may_grow_by_an_option() {
    let bytes = written(|to| to.put("who", "ann"));
    let mut reader = ArgumentsReader::new(&bytes).unwrap();
    assert_eq!(reader.take::<Option<String>>("text").unwrap(), None);
    assert_eq!(reader.take::<String>("who").unwrap(), "ann");
}

#[test]
fn what_the_program_does_not_know_is_passed_over() {
    let bytes = written(|to| {
        to.put("colour", &BTreeMap::from([("red", vec![1.5_f64]), ("blue", vec![])]))?;
        to.put("who", "ann")
    });
    let mut reader = ArgumentsReader::new(&bytes).unwrap();
    assert_eq!(reader.take::<String>("who").unwrap(), "ann");
}

#[test]
fn a_missing_argument_that_is_no_option_is_named() {
    let bytes = ArgumentsWriter::new().finish();
    let mut reader = ArgumentsReader::new(&bytes).unwrap();
    assert_eq!(sentence(reader.take::<u32>("limit")), "the argument `limit` is missing, and a `u32` can't be left out");
}

#[test]
fn an_argument_of_another_type_is_named() {
    let bytes = written(|to| to.put("limit", "ten"));
    let mut reader = ArgumentsReader::new(&bytes).unwrap();
    let sentence = sentence(reader.take::<u32>("limit"));
    assert!(sentence.starts_with("the argument `limit` can't be read as `u32`: "), "{sentence}");
}

#[test]
fn what_cannot_be_encoded_is_left_out_and_named() {
    struct Stubborn;
    impl Serialize for Stubborn {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("it is stubborn"))
        }
    }

    let mut writer = ArgumentsWriter::new();
    let sentence = sentence(writer.put("mule", &Stubborn));
    assert!(sentence.starts_with("the argument `mule`, a `"), "{sentence}");
    assert!(sentence.ends_with("can't be encoded: it is stubborn"), "{sentence}");
    writer.put("who", "ann").unwrap();
    let bytes = writer.finish();
    assert_eq!(ArgumentsReader::new(&bytes).unwrap().take::<String>("who").unwrap(), "ann");
}

#[test]
fn more_arguments_than_a_small_map_holds_come_back() {
    const NAMES: [&str; 20] =
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
    let bytes = written(|to| NAMES.into_iter().try_for_each(|name| to.put(name, name)));
    let mut reader = ArgumentsReader::new(&bytes).unwrap();
    for name in NAMES {
        assert_eq!(reader.take::<String>(name).unwrap(), name);
    }
}

#[test]
fn damaged_bytes_are_errors_that_say_so() {
    assert_eq!(sentence(ArgumentsReader::new(&[])), "these arguments are damaged: there is nothing");
    assert_eq!(sentence(ArgumentsReader::new(&[1])), "these arguments are damaged: they are no map");
    assert_eq!(sentence(ArgumentsReader::new(&[1, 0x93])), "these arguments are damaged: they are no map");
    assert_eq!(
        sentence(ArgumentsReader::new(&[1, 0x81, 0xa3, b'w'])),
        "these arguments are damaged: they end too early"
    );
    assert_eq!(
        sentence(ArgumentsReader::new(&[1, 0x81, 7, 7])),
        "these arguments are damaged: one of them has no name"
    );
    assert_eq!(sentence(ArgumentsReader::new(&[1, 0x80, 0])), "these arguments are damaged: something follows them");
    assert_eq!(
        sentence(ArgumentsReader::new(&[2, 0x80])),
        "these arguments are in format 2, and this program knows only format 1"
    );
    // A map that claims to hold four thousand million entries.
    assert_eq!(
        sentence(ArgumentsReader::new(&[1, 0xdf, 0xff, 0xff, 0xff, 0xff])),
        "these arguments are damaged: they end too early"
    );
}

/// Any value that MessagePack can say, encoded.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|it| rmp_serde::to_vec(&it)),
        any::<u64>().prop_map(|it| rmp_serde::to_vec(&it)),
        any::<f32>().prop_map(|it| rmp_serde::to_vec(&it)),
        any::<f64>().prop_map(|it| rmp_serde::to_vec(&it)),
        any::<Option<bool>>().prop_map(|it| rmp_serde::to_vec(&it)),
        "\\PC{0,300}".prop_map(|it| rmp_serde::to_vec(&it)),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(|it| rmp_serde::to_vec(&crate::Bytes::from(it))),
    ];
    leaf.prop_map(|bytes| bytes.expect("these can be encoded")).prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..20).prop_map(|items| {
                let mut bytes = vec![0xdc, 0, items.len() as u8];
                bytes.extend(items.concat());
                bytes
            }),
            proptest::collection::vec((inner.clone(), inner), 0..15).prop_map(|entries| {
                let mut bytes = vec![0x80 | entries.len() as u8];
                entries.iter().for_each(|(key, value)| bytes.extend([key.as_slice(), value].concat()));
                bytes
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_value_ends_where_it_ends(value in value(), after in proptest::collection::vec(any::<u8>(), 0..9)) {
        let bytes = [value.as_slice(), &after].concat();
        prop_assert_eq!(extent::split_value(&bytes), Some((value.as_slice(), after.as_slice())));
        for end in 0..value.len() {
            prop_assert_eq!(extent::split_value(&value[..end]), None);
        }
    }

    #[test]
    fn any_bytes_are_arguments_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Some(format) = bytes.first_mut() {
            *format = FORMAT;
        }
        if let Ok(mut reader) = ArgumentsReader::new(&bytes) {
            let _: Result<Line> = reader.take("line");
            let _: Result<Vec<Option<String>>> = reader.take("lines");
        }
    }

    #[test]
    fn arguments_with_a_damaged_byte_are_arguments_or_an_error(at in 0..24_usize, byte in any::<u8>()) {
        let mut bytes = written(|to| {
            to.put("who", "ann")?;
            to.put("line", &line())
        });
        bytes[at] = byte;
        if let Ok(mut reader) = ArgumentsReader::new(&bytes) {
            let _: Result<String> = reader.take("who");
            let _: Result<Line> = reader.take("line");
        }
    }
}
