use std::collections::HashSet;
use std::fmt::Debug;

use rusqlite::Connection;

use super::*;
use crate::error::ErrorKind;
use crate::{ObjectId, Timestamp};

/// Writes a value into a STRICT column of its type and reads it back.
fn through_sqlite<T: Column>(value: &T) -> Result<T> {
    use rusqlite::types::{Value as Sql, ValueRef as SqlRef};
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&format!("CREATE TABLE t (v {}) STRICT", T::SQL_TYPE)).unwrap();
    let bound = match value.to_value()? {
        Value::Null => Sql::Null,
        Value::Integer(integer) => Sql::Integer(integer),
        Value::Real(real) => Sql::Real(real),
        Value::Text(text) => Sql::Text(text.into_owned()),
        Value::Blob(blob) => Sql::Blob(blob.into_owned()),
    };
    connection.execute("INSERT INTO t VALUES (?)", [bound]).unwrap();
    let mut statement = connection.prepare("SELECT v FROM t").unwrap();
    let mut rows = statement.query([]).unwrap();
    let row = rows.next().unwrap().unwrap();
    T::from_value(match row.get_ref(0).unwrap() {
        SqlRef::Null => ValueRef::Null,
        SqlRef::Integer(integer) => ValueRef::Integer(integer),
        SqlRef::Real(real) => ValueRef::Real(real),
        SqlRef::Text(text) => ValueRef::Text(std::str::from_utf8(text).unwrap()),
        SqlRef::Blob(blob) => ValueRef::Blob(blob),
    })
}

#[track_caller]
fn comes_back<T: Column + PartialEq + Debug + Clone>(values: impl IntoIterator<Item = T>) {
    for value in values {
        assert_eq!(through_sqlite(&value).unwrap(), value);
        assert_eq!(through_sqlite(&Some(value.clone())).unwrap(), Some(value.clone()));
        assert_eq!(value.as_key().to_value().unwrap(), value.to_value().unwrap());
    }
    assert_eq!(through_sqlite(&None::<T>).unwrap(), None);
}

#[test]
fn every_integer_comes_back_with_its_extremes() {
    comes_back([i8::MIN, 0, i8::MAX]);
    comes_back([i16::MIN, 0, i16::MAX]);
    comes_back([i32::MIN, 0, i32::MAX]);
    comes_back([i64::MIN, -1, 0, i64::MAX]);
    comes_back([0, u8::MAX]);
    comes_back([0, u16::MAX]);
    comes_back([0, u32::MAX]);
    comes_back([0, i64::MAX as u64]);
    comes_back([false, true]);
    comes_back([i64::MIN, 0, i64::MAX].map(Timestamp::from_millis));
    comes_back([i64::MIN, 0, i64::MAX].map(Id::<String>::from_raw));
}

#[test]
fn every_number_text_and_blob_comes_back() {
    comes_back([0.0, 1.0, -1.5, f64::MIN, f64::MAX, f64::EPSILON, f64::INFINITY, f64::NEG_INFINITY]);
    comes_back(["", "plain", "ünïcödé 🦀", "a\0b"].map(String::from));
    comes_back([vec![], vec![0, 255], vec![7; 10_000]]);
    comes_back([Bytes::new(), Bytes::from_static(b"\0\xff")]);
    comes_back([Uuid::nil(), Uuid::max(), Uuid::from_u128(1)]);
    comes_back([ObjectId([0; 32]), ObjectId([255; 32])]);
    comes_back([ObjectRef::<String>::from_id(ObjectId([7; 32]))]);
    comes_back([Json(vec![1, 2]), Json(vec![])]);
}

#[test]
fn a_u64_that_is_too_large_is_invalid() {
    let error = (i64::MAX as u64 + 1).to_value().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("9223372036854775808"), "{error}");
    assert_eq!(usize::MAX.to_value().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(7usize.to_value().unwrap(), Value::Integer(7));
}

#[test]
fn nan_is_refused_instead_of_becoming_null() {
    assert_eq!(f64::NAN.to_value().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(Some(f64::NAN).to_value().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn an_integer_out_of_range_is_a_storage_error() {
    fn refused<T: Column + Debug>(integer: i64) {
        let error = T::from_value(ValueRef::Integer(integer)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Storage);
        assert!(error.to_string().contains(&integer.to_string()), "{error}");
    }
    refused::<i8>(128);
    refused::<i16>(-32_769);
    refused::<i32>(i64::MAX);
    refused::<u8>(-1);
    refused::<u16>(65_536);
    refused::<u32>(-1);
    refused::<u64>(-1);
    refused::<bool>(2);
}

#[test]
fn a_whole_number_is_read_as_integer_and_an_integer_as_number() {
    assert_eq!(i64::from_value(ValueRef::Real(5.0)).unwrap(), 5);
    assert_eq!(i64::from_value(ValueRef::Real(-9_223_372_036_854_775_808.0)).unwrap(), i64::MIN);
    assert!(bool::from_value(ValueRef::Real(1.0)).unwrap());
    assert_eq!(Timestamp::from_value(ValueRef::Real(1e12)).unwrap(), Timestamp::from_millis(1_000_000_000_000));
    for real in [0.5, 9_223_372_036_854_775_808.0, f64::INFINITY, f64::NAN] {
        assert_eq!(i64::from_value(ValueRef::Real(real)).unwrap_err().kind(), ErrorKind::Storage, "{real}");
    }
    assert_eq!(f64::from_value(ValueRef::Integer(3)).unwrap(), 3.0);
}

#[test]
fn a_value_of_another_type_is_a_storage_error() {
    fn refused<T: Column + Debug>(value: ValueRef<'_>) {
        assert_eq!(T::from_value(value).unwrap_err().kind(), ErrorKind::Storage);
    }
    refused::<i64>(ValueRef::Text("5"));
    refused::<String>(ValueRef::Integer(5));
    refused::<String>(ValueRef::Blob(b"5"));
    refused::<Vec<u8>>(ValueRef::Text("5"));
    refused::<f64>(ValueRef::Text("5"));
    refused::<Uuid>(ValueRef::Blob(&[0; 15]));
    refused::<ObjectId>(ValueRef::Blob(&[0; 33]));
    refused::<Json<i64>>(ValueRef::Text("{"));
    refused::<i64>(ValueRef::Null);
}

#[test]
fn a_message_quotes_what_was_found_but_not_all_of_it() {
    let error = i64::from_value(ValueRef::Text(&"ä".repeat(1000))).unwrap_err().to_string();
    assert_eq!(error, format!("expected an integer, found the text \"{}\"…", "ä".repeat(40)));
    let error = i64::from_value(ValueRef::Blob(&[0; 9])).unwrap_err().to_string();
    assert_eq!(error, "expected an integer, found a blob of 9 bytes");
}

#[test]
fn an_id_is_an_integer_of_its_own_type() {
    /// Neither `Copy` nor serde: an id is, whatever it is of.
    struct Message;
    let id = Id::<Message>::from_raw(7);
    let copy = id;
    assert_eq!((copy, copy.as_i64(), id.to_string().as_str()), (id, 7, "7"));
    assert_eq!(format!("{id:?}"), "Id(7)");
    assert_eq!("7".parse::<Id<Message>>().unwrap(), id);
    let error = "seven".parse::<Id<Message>>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(Id::<Message>::from_raw(1) < id);
    assert_eq!(HashSet::from([id, copy]).len(), 1);
    assert_eq!(serde_json::to_string(&id).unwrap(), "7");
    assert_eq!(serde_json::from_str::<Id<Message>>("7").unwrap(), id);
}

#[test]
fn an_object_id_is_hexadecimal_text_in_serde() {
    let id = ObjectId(std::array::from_fn(|index| index as u8 * 8));
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, format!("\"{id}\""));
    assert_eq!(serde_json::from_str::<ObjectId>(&json).unwrap(), id);
    let reference = ObjectRef::<String>::from_id(id);
    assert_eq!(serde_json::to_string(&reference).unwrap(), json);
    assert_eq!(serde_json::from_str::<ObjectRef<String>>(&json).unwrap().id(), id);
    let packed = rmp_serde::to_vec(&id).unwrap();
    assert_eq!(rmp_serde::from_slice::<ObjectId>(&packed).unwrap(), id);
    for bad in ["\"\"".to_owned(), json.replace('8', "g"), json.replace("\"0", "\"")] {
        assert!(serde_json::from_str::<ObjectId>(&bad).is_err(), "{bad}");
    }
    let multibyte = format!("\"{}\"", "ä".repeat(32));
    assert!(serde_json::from_str::<ObjectId>(&multibyte).is_err());
}

#[test]
fn bytes_are_bytes_in_messagepack() {
    let packed = rmp_serde::to_vec(&Bytes::from_static(&[1, 2, 3])).unwrap();
    assert_eq!(packed, [0xc4, 3, 1, 2, 3]);
    assert_eq!(rmp_serde::from_slice::<Bytes>(&packed).unwrap(), Bytes::from_static(&[1, 2, 3]));
}

#[test]
fn json_that_cannot_be_written_is_invalid() {
    let map = std::collections::HashMap::from([((1, 2), 3)]);
    assert_eq!(Json(map).to_value().unwrap_err().kind(), ErrorKind::Invalid);
}
