use std::ops::ControlFlow;

use crate::error::ErrorKind;
use crate::named;
use crate::table::tests::sample::{Message, Room};
use crate::test_engine::cx;
use crate::{Cx, Id, IntoParams};

fn sum(cx: &Cx<Room>, params: impl IntoParams) -> i64 {
    cx.sql_unchecked("SELECT ?1 + ?2", params).one().unwrap()
}

#[test]
fn parameters_are_taken_in_every_form() {
    let cx = cx::<Room>();
    let list = [40, 2];
    assert_eq!(sum(&cx, (40, 2u8)), 42);
    assert_eq!(sum(&cx, (&40i64, Some(2))), 42);
    assert_eq!(sum(&cx, [40, 2]), 42);
    assert_eq!(sum(&cx, list.as_slice()), 42);
    assert_eq!(sum(&cx, &list[..]), 42);
    assert_eq!(cx.sql_unchecked::<i64>("SELECT 42", ()).one().unwrap(), 42);
    let found: (String, Option<i64>, Id<Message>) =
        cx.sql_unchecked("SELECT ?, ?, ?", ("a", None::<i64>, Id::<Message>::from_raw(3))).one().unwrap();
    assert_eq!(found, ("a".into(), None, Id::from_raw(3)));
}

#[test]
fn parameters_can_have_names() {
    let cx = cx::<Room>();
    let name = String::from("ann");
    let find = "SELECT :name || :type";
    let found: String = cx.sql_unchecked(find, named![name = name, r#type = "!"]).one().unwrap();
    assert_eq!(found, "ann!");
    let found: String = cx.sql_unchecked(find, [(":name", "bob"), ("type", "?")]).one().unwrap();
    assert_eq!(found, "bob?");
    assert_eq!(name, "ann");
}

#[test]
fn a_parameter_that_sqlite_cannot_hold_is_invalid() {
    let cx = cx::<Room>();
    let error = cx.sql_unchecked::<i64>("SELECT ?", (u64::MAX,)).one().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[test]
fn one_row_is_exactly_one() {
    let cx = cx::<Room>();
    let query = |sql| cx.sql_unchecked::<i64>(sql, ());
    assert_eq!(query("SELECT 1 WHERE 0").one().unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(query("VALUES (1), (2)").one().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(query("SELECT 1 WHERE 0").optional().unwrap(), None);
    assert_eq!(query("SELECT 1").optional().unwrap(), Some(1));
    assert_eq!(query("VALUES (1), (2)").optional().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(query("VALUES (1), (2)").all().unwrap(), [1, 2]);
}

#[test]
fn each_streams_rows_and_stops_when_told_to() {
    let cx = cx::<Room>();
    let endless = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    let mut sum = 0;
    cx.sql_unchecked(endless, ())
        .each(|i: i64| {
            sum += i;
            if i == 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(sum, 5050);
    let error = cx
        .sql_unchecked::<i64>(endless, ())
        .each(|i| {
            crate::ensure!(i < 3, "enough");
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.to_string(), "enough");
}

#[test]
fn a_write_tells_how_many_rows_it_changed() {
    let mut cx = cx::<Room>();
    cx.insert_all([Message::new("ann", "a"), Message::new("ann", "b"), Message::new("bob", "c")]).unwrap();
    let change = "UPDATE message SET body = ?2 WHERE author = ?1";
    assert_eq!(cx.sql_unchecked::<()>(change, ("ann", "z")).run().unwrap(), 2);
    let returning = "DELETE FROM message WHERE author = :author RETURNING *";
    let gone: Vec<Message> = cx.sql_unchecked(returning, named![author = "bob"]).all().unwrap();
    assert_eq!((gone.len(), gone[0].body.as_str()), (1, "c"));
    assert_eq!(cx.count::<Message>().unwrap(), 2);
}
