use super::sample::{CartItem, Message, Room, Tag};
use crate::error::ErrorKind;
use crate::test_engine::cx;
use crate::{Id, Timestamp};

#[test]
fn an_inserted_row_comes_back_with_what_was_filled_in() {
    let mut cx = cx::<Room>();
    let first = cx.insert(Message::new("ann", "hello")).unwrap();
    assert_eq!(first.id, Id::from_raw(1));
    assert_eq!(first.at, Timestamp::from_millis(1_000));
    let second = cx.insert(Message::new("bob", "hi").at(Timestamp::from_millis(5))).unwrap();
    assert_eq!((second.id, second.at), (Id::from_raw(2), Timestamp::from_millis(5)));
    assert_eq!(cx.get::<Message>(first.id).unwrap(), Some(first));
    assert_eq!(cx.get::<Message>(second.id).unwrap(), Some(second));
    assert_eq!(cx.count::<Message>().unwrap(), 2);
}

#[test]
fn a_full_row_keeps_its_key_and_a_taken_one_is_a_conflict() {
    let mut cx = cx::<Room>();
    let mut row = cx.insert(Message::new("ann", "hello")).unwrap();
    row.id = Id::from_raw(77);
    assert_eq!(cx.insert(row.clone()).unwrap(), row);
    assert_eq!(cx.insert(row).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(cx.insert(Message::new("ann", "next")).unwrap().id, Id::from_raw(78));
}

#[test]
fn a_unique_index_that_is_taken_is_a_conflict() {
    let mut cx = cx::<Room>();
    let item = CartItem { voucher: Some("V".into()), ..CartItem::new(1, "tea", 1) };
    cx.insert(item.clone()).unwrap();
    let other = CartItem { sku: "jam".into(), ..item.clone() };
    assert_eq!(cx.insert(other.clone()).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(cx.upsert(other).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(CartItem::by_voucher(&cx, Some("V")).unwrap(), Some(item));
}

#[test]
fn rows_are_inserted_all_or_none() {
    let mut cx = cx::<Room>();
    let rows = cx.insert_all([Message::new("ann", "a"), Message::new("ann", "b")]).unwrap();
    assert_eq!(rows.iter().map(|row| row.id.as_i64()).collect::<Vec<_>>(), [1, 2]);
    let error = cx.insert_all([CartItem::new(1, "tea", 1), CartItem::new(1, "tea", 2)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(cx.count::<CartItem>().unwrap(), 0);
}

#[test]
fn a_row_is_had_by_its_compound_key_in_borrowed_form() {
    let mut cx = cx::<Room>();
    let item = cx.insert(CartItem::new(1, "tea", 2)).unwrap();
    let sku = String::from("tea");
    assert_eq!(cx.get::<CartItem>((1, &sku)).unwrap(), Some(item));
    assert_eq!(cx.get::<CartItem>((2, "tea")).unwrap(), None);
    let tag = cx.insert(Tag { name: sku.clone() }).unwrap();
    assert_eq!(cx.get::<Tag>(&sku).unwrap(), Some(tag));
}

#[test]
fn an_upsert_sets_all_columns_of_the_row_with_its_key() {
    let mut cx = cx::<Room>();
    cx.upsert(CartItem { rowid: Some(9), ..CartItem::new(1, "tea", 2) }).unwrap();
    let changed = CartItem { voucher: Some("V".into()), ..CartItem::new(1, "tea", 5) };
    assert_eq!(cx.upsert(changed.clone()).unwrap(), changed);
    assert_eq!(cx.get::<CartItem>((1, "tea")).unwrap(), Some(changed));
    assert_eq!(cx.count::<CartItem>().unwrap(), 1);
}

#[test]
fn an_upsert_of_a_row_with_an_assigned_key_keeps_it_and_a_new_row_gets_one() {
    let mut cx = cx::<Room>();
    let mut row = cx.upsert(Message::new("ann", "hello")).unwrap();
    assert_eq!(row.id, Id::from_raw(1));
    row.body = "changed".into();
    assert_eq!(cx.upsert(row.clone()).unwrap(), row);
    assert_eq!(cx.get::<Message>(row.id).unwrap(), Some(row));
    assert_eq!(cx.upsert(Message::new("ann", "other")).unwrap().id, Id::from_raw(2));
}

#[test]
fn a_table_of_keys_alone_can_be_upserted_and_updated() {
    let mut cx = cx::<Room>();
    let tag = Tag { name: "red".into() };
    assert_eq!(cx.update(&tag).unwrap_err().kind(), ErrorKind::NotFound);
    cx.upsert(tag.clone()).unwrap();
    cx.upsert(tag.clone()).unwrap();
    cx.update(&tag).unwrap();
    assert_eq!(cx.count::<Tag>().unwrap(), 1);
}

#[test]
fn an_update_of_a_row_that_is_not_there_is_not_found() {
    let mut cx = cx::<Room>();
    let mut item = cx.insert(CartItem::new(1, "tea", 2)).unwrap();
    item.quantity = 3;
    cx.update(&item).unwrap();
    assert_eq!(cx.get::<CartItem>((1, "tea")).unwrap(), Some(item.clone()));
    item.sku = "jam".into();
    let error = cx.update(&item).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(
        error.to_string(),
        "there is no row of `CartItem` to update with `session` the integer 1 and `sku` the text \"jam\""
    );
}

#[test]
fn delete_tells_whether_there_was_a_row() {
    let mut cx = cx::<Room>();
    let row = cx.insert(Message::new("ann", "hello")).unwrap();
    assert!(cx.delete::<Message>(row.id).unwrap());
    assert!(!cx.delete::<Message>(row.id).unwrap());
    assert_eq!(cx.count::<Message>().unwrap(), 0);
}

#[test]
fn a_check_of_the_table_is_a_conflict() {
    let mut cx = cx::<Room>();
    assert_eq!(cx.insert(CartItem::new(1, "tea", 0)).unwrap_err().kind(), ErrorKind::Conflict);
}
