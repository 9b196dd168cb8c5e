use std::ops::ControlFlow;

use super::sample::{CartItem, Message, Room};
use crate::error::{Error, ErrorKind};
use crate::table::generated::find;
use crate::test_engine::cx;
use crate::{Cx, Timestamp};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// ann at 1, 2, 2, 3, 4 with the bodies a, b, c, d, e; bob at 2 with x.
fn room() -> Cx<Room> {
    let mut cx = cx::<Room>();
    cx.insert(Message::new("bob", "x").at(at(2))).unwrap();
    for (millis, body) in [(1, "a"), (2, "b"), (2, "c"), (3, "d"), (4, "e")] {
        cx.insert(Message::new("ann", body).at(at(millis))).unwrap();
    }
    cx
}

fn bodies(rows: Vec<Message>) -> String {
    rows.into_iter().map(|row| row.body).collect()
}

#[test]
fn rows_come_in_the_order_of_the_index_and_ties_by_rowid() {
    let cx = room();
    assert_eq!(bodies(Message::by_author(&cx, "ann").all().unwrap()), "edbca");
    assert_eq!(bodies(Message::by_author(&cx, "ann").rev().all().unwrap()), "acbde");
    assert_eq!(bodies(Message::by_author(&cx, "ann").rev().rev().all().unwrap()), "edbca");
    assert_eq!(bodies(Message::by_author(&cx, "eve").all().unwrap()), "");
}

#[test]
fn the_whole_index_finds_what_equals_all_its_columns() {
    let cx = room();
    assert_eq!(bodies(Message::by_author_and_at(&cx, "ann", at(2)).all().unwrap()), "bc");
    assert_eq!(bodies(Message::by_author_and_at(&cx, "ann", at(2)).rev().all().unwrap()), "cb");
}

#[test]
fn a_limit_is_taken_in_any_integer_type() {
    let cx = room();
    let find = || Message::by_author(&cx, "ann");
    assert_eq!(bodies(find().limit(2).all().unwrap()), "ed");
    assert_eq!(bodies(find().rev().limit(2u32).all().unwrap()), "ac");
    assert_eq!(bodies(find().limit(0usize).all().unwrap()), "");
    assert_eq!(bodies(find().limit(u64::MAX).all().unwrap()), "edbca");
    let error = find().limit(-1).all().unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, "a limit of -1 rows makes no sense"));
}

#[test]
fn a_range_of_the_next_column_narrows_the_rows() {
    let cx = room();
    let find = || Message::by_author(&cx, "ann");
    assert_eq!(bodies(find().between(at(2)..at(4)).all().unwrap()), "dbc");
    assert_eq!(bodies(find().between(at(2)..=at(4)).all().unwrap()), "edbc");
    assert_eq!(bodies(find().between(at(3)..).all().unwrap()), "ed");
    assert_eq!(bodies(find().between(..at(2)).all().unwrap()), "a");
    assert_eq!(bodies(find().between(..=at(2)).rev().limit(2).all().unwrap()), "ac");
    assert_eq!(bodies(find().between(..).all().unwrap()), "edbca");
    assert_eq!(bodies(find().between(at(4)..at(2)).all().unwrap()), "");
    let after_two = (std::ops::Bound::Excluded(at(2)), std::ops::Bound::Unbounded);
    assert_eq!(find().between(after_two).count().unwrap(), 2);
}

#[test]
fn the_first_row_and_the_count_heed_order_and_limit() {
    let cx = room();
    let find = || Message::by_author(&cx, "ann");
    assert_eq!(find().first().unwrap().unwrap().body, "e");
    assert_eq!(find().rev().limit(50).first().unwrap().unwrap().body, "a");
    assert_eq!(find().limit(0).first().unwrap(), None);
    assert_eq!(Message::by_author(&cx, "eve").first().unwrap(), None);
    assert_eq!(find().count().unwrap(), 5);
    assert_eq!(find().limit(3).count().unwrap(), 3);
    assert_eq!(find().between(..at(3)).count().unwrap(), 3);
}

#[test]
fn each_hands_over_rows_until_it_is_stopped() {
    let cx = room();
    let find = || Message::by_author(&cx, "ann");
    let mut seen = String::new();
    find().each(|row| seen.push_str(&row.body)).unwrap();
    assert_eq!(seen, "edbca");

    seen.clear();
    find()
        .each(|row| {
            seen.push_str(&row.body);
            if row.body == "b" { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(seen, "edb");

    let error = find()
        .each(|row| {
            "7".parse::<i64>().map_err(|_| Error::invalid("not this"))?;
            crate::ensure!(row.body != "d", "stop at {}", row.body);
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "stop at d");
}

#[test]
fn null_is_found_like_any_key() {
    let mut cx = cx::<Room>();
    for (sku, rowid) in [("tea", None), ("jam", None), ("egg", Some(1))] {
        cx.insert(CartItem { rowid, ..CartItem::new(1, sku, 1) }).unwrap();
    }
    let skus = |found: Vec<CartItem>| found.into_iter().map(|row| row.sku).collect::<Vec<_>>();
    assert_eq!(skus(CartItem::by_rowid(&cx, None).all().unwrap()), ["jam", "tea"]);
    assert_eq!(skus(CartItem::by_rowid(&cx, Some(1)).all().unwrap()), ["egg"]);
    assert_eq!(skus(CartItem::by_rowid(&cx, None).between("k"..).all().unwrap()), ["tea"]);
    let owned = (String::from("j"), String::from("k"));
    assert_eq!(CartItem::by_rowid(&cx, None).between(&*owned.0..&*owned.1).count().unwrap(), 1);
}

#[test]
fn a_range_holds_no_null() {
    let mut cx = cx::<Room>();
    for (sku, rowid) in [("tea", None), ("jam", Some(-3)), ("egg", Some(1))] {
        cx.insert(CartItem { rowid, ..CartItem::new(1, sku, 1) }).unwrap();
    }
    let found = CartItem::by_quantity(&cx, 1).between(..5).all().unwrap();
    assert_eq!(found.iter().map(|row| row.rowid).collect::<Vec<_>>(), [Some(-3), Some(1)]);
    assert_eq!(CartItem::by_quantity(&cx, 1).all().unwrap()[0].rowid, None);
}

#[test]
fn a_unique_finder_gives_the_row_or_nothing() {
    let mut cx = cx::<Room>();
    let item = cx.insert(CartItem { voucher: Some("V".into()), ..CartItem::new(1, "tea", 1) }).unwrap();
    assert_eq!(CartItem::by_voucher(&cx, Some("V")).unwrap(), Some(item));
    assert_eq!(CartItem::by_voucher(&cx, Some("W")).unwrap(), None);
    let first = cx.insert(CartItem::new(2, "tea", 1)).unwrap();
    cx.insert(CartItem::new(2, "jam", 1)).unwrap();
    assert_eq!(CartItem::by_voucher(&cx, None).unwrap(), Some(first));
}

#[test]
fn a_key_that_sqlite_cannot_hold_is_invalid_when_the_rows_are_asked_for() {
    let cx = cx::<Room>();
    let error = CartItem::by_quantity(&cx, u64::MAX).between(1..).all().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn a_bound_of_null_is_invalid() {
    let mut cx = cx::<Room>();
    cx.insert(CartItem { rowid: Some(5), ..CartItem::new(1, "tea", 1) }).unwrap();
    let find = || find::<Room, CartItem, Option<i64>>(&cx, &["quantity"], Some("rowid"), &[&1]);
    assert_eq!(find().between(Some(5)..).count().unwrap(), 1);
    let error = find().between(Some(5)..None).all().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("leave it out"), "{error}");
}

#[test]
fn finders_need_no_sorting() {
    use crate::table::Table;
    use crate::table::text::{self, FindShape, Order, Wanted};
    use std::ops::Bound;

    let cx = room();
    for order in [Order::Forward, Order::Backward] {
        for (columns, next) in [(&["author"][..], Some("at")), (&["author", "at"][..], None)] {
            let (lower, upper) = (Bound::Unbounded, Bound::Unbounded);
            let shape = FindShape { columns, next, lower, upper, order, wanted: Wanted::Rows };
            let sql = format!("EXPLAIN QUERY PLAN {}", text::find(Message::DEF, shape));
            let keys = vec![crate::value::Value::Integer(1); columns.len() + 1];
            let plan = cx.sql_unchecked::<(i64, i64, i64, String)>(&sql, &*keys).all().unwrap();
            let plan: Vec<&str> = plan.iter().map(|step| step.3.as_str()).collect();
            let [step] = plan[..] else { panic!("more than a search: {plan:?}") };
            assert!(step.starts_with("SEARCH message USING INDEX message_author_at"), "{step}");
        }
    }
}
