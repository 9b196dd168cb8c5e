use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::table::tests::sample::Room;
use crate::test_engine::cx;

fn filled() -> Cx<Room> {
    let mut cx = cx::<Room>();
    cx.kv_mut().put_all([("a", 1), ("b", 2), ("ba", 3), ("bb", 4), ("c", 5), ("é", 6)]).unwrap();
    cx
}

fn keys(list: KvList<'_>) -> String {
    list.keys().unwrap().join(" ")
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Profile {
    name: String,
    #[serde(default)]
    age: Option<u32>,
}

#[test]
fn a_value_comes_back_under_its_key() {
    let mut cx = cx::<Room>();
    let ann = Profile { name: "ann".into(), age: Some(30) };
    cx.kv_mut().put("ann", &ann).unwrap();
    cx.kv_mut().put("text", "borrowed").unwrap();
    assert_eq!(cx.kv().get("ann").unwrap(), Some(ann));
    assert_eq!(cx.kv().get::<String>("text").unwrap().as_deref(), Some("borrowed"));
    assert_eq!(cx.kv().get::<Profile>("bob").unwrap(), None);
    let mut kv = cx.kv_mut();
    kv.put("ann", &1).unwrap();
    assert_eq!(kv.get("ann").unwrap(), Some(1));
    assert!(kv.delete("ann").unwrap());
    assert!(!kv.delete("ann").unwrap());
    kv.delete_all().unwrap();
    assert_eq!(cx.kv().list().keys().unwrap(), Vec::<String>::new());
}

#[test]
fn a_value_is_named_messagepack_behind_its_format() {
    let mut cx = cx::<Room>();
    cx.kv_mut().put("ann", &Profile { name: "x".into(), age: None }).unwrap();
    let bytes = cx.engine().kv_get(Space::User, "ann").unwrap().unwrap();
    assert_eq!(bytes, b"\x01\x82\xa4name\xa1x\xa3age\xc0");
}

#[test]
fn a_type_may_grow_by_a_field_with_a_default() {
    let mut cx = cx::<Room>();
    cx.kv_mut().put("ann", &BTreeMap::from([("name", "ann"), ("gone", "x")])).unwrap();
    let profile = cx.kv().get::<Profile>("ann").unwrap();
    assert_eq!(profile, Some(Profile { name: "ann".into(), age: None }));
}

#[test]
fn a_value_of_another_type_is_a_storage_error_that_names_key_and_type() {
    let mut cx = cx::<Room>();
    cx.kv_mut().put("ann", "text").unwrap();
    let error = cx.kv().get::<u32>("ann").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(error.to_string().starts_with("the value under the key \"ann\" can't be read as `u32`: "), "{error}");
    assert!(cx.kv().list().all::<u32>().is_err());
    for bytes in [&b""[..], b"\x02\x01", b"\x01", b"\x01\xc1"] {
        cx.engine().kv_put(Space::User, "ann", bytes).unwrap();
        assert_eq!(cx.kv().get::<u32>("ann").unwrap_err().kind(), ErrorKind::Storage, "{bytes:?}");
    }
}

#[test]
fn a_value_above_the_limit_is_an_error_that_names_key_and_size() {
    let mut cx = cx::<Room>();
    // Four bytes of key, 16 for the row, one for the format and three for the length of the text.
    cx.kv_mut().put("fits", &"x".repeat(1000)).unwrap();
    let error = cx.kv_mut().put("large", &"x".repeat(1000)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert!(
        error
            .to_string()
            .starts_with("the value for the key \"large\" has 1004 bytes, and with its key it may have 1008")
    );
    let error = cx.kv_mut().put_all([("small", "x".into()), ("large", "x".repeat(2000))]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(keys(cx.kv().list()), "fits");
}

#[test]
fn many_keys_are_had_at_once() {
    let cx = filled();
    let found: BTreeMap<String, i32> = cx.kv().get_many(["c", "none", "a"]).unwrap();
    assert_eq!(found, BTreeMap::from([("a".into(), 1), ("c".into(), 5)]));
}

#[test]
fn a_listing_has_bounds_direction_and_limit() {
    let cx = filled();
    let list = || cx.kv().list();
    assert_eq!(keys(list()), "a b ba bb c é");
    assert_eq!(keys(list().prefix("b")), "b ba bb");
    assert_eq!(keys(list().start("b").end("bb")), "b ba");
    assert_eq!(keys(list().prefix("b").start("ba")), "ba bb");
    assert_eq!(keys(list().reverse()), "é c bb ba b a");
    assert_eq!(keys(list().reverse().limit(2)), "é c");
    assert_eq!(keys(list().prefix("b").limit(2u32)), "b ba");
    assert_eq!(keys(list().end("a")), "");
    assert_eq!(list().limit(-1).keys().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(list().prefix("bb").all::<i32>().unwrap(), [("bb".into(), 4)]);
}

#[test]
fn a_listing_is_handed_over_one_by_one_until_it_fails() {
    let cx = filled();
    let mut seen = Vec::new();
    let done = cx.kv().list().each::<i32>(|key, value| {
        crate::ensure!(value < 3, "stop at {key}");
        seen.push(value);
        Ok(())
    });
    assert_eq!(done.unwrap_err().to_string(), "stop at ba");
    assert_eq!(seen, [1, 2]);
}
