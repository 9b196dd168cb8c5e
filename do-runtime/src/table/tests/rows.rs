use super::sample::{Message, Room};
use crate::error::ErrorKind;
use crate::test_engine::cx;
use crate::value::Value;
use crate::{Cx, FromRow, Id, Timestamp};

fn one<R: FromRow>(cx: &Cx<Room>, sql: &str) -> crate::Result<R> {
    cx.sql_unchecked(sql, ()).one()
}

#[test]
fn tuples_and_single_values_are_read_by_position() {
    let cx = cx::<Room>();
    assert_eq!(one::<i64>(&cx, "SELECT 7").unwrap(), 7);
    assert_eq!(one::<Option<String>>(&cx, "SELECT NULL").unwrap(), None);
    assert_eq!(one::<(String,)>(&cx, "SELECT 'a'").unwrap(), ("a".into(),));
    let row: (String, Timestamp, Option<i64>) = one(&cx, "SELECT 'a', 5, NULL").unwrap();
    assert_eq!(row, ("a".into(), Timestamp::from_millis(5), None));
    type Twelve = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, bool);
    let twelve: Twelve = one(&cx, "SELECT 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1").unwrap();
    assert_eq!(twelve, (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, true));
    one::<()>(&cx, "SELECT 1, 2").unwrap();
}

#[test]
fn another_number_of_columns_is_invalid() {
    let cx = cx::<Room>();
    let error = one::<(i64, i64)>(&cx, "SELECT 1, 2, 3").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.to_string(), "the query gives 3 columns, and its row type takes 2");
    assert_eq!(one::<(i64, i64)>(&cx, "SELECT 1").unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(one::<i64>(&cx, "SELECT 1, 2").unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_value_of_another_type_is_an_error_that_names_the_column() {
    let cx = cx::<Room>();
    let error = one::<(i64, u8)>(&cx, "SELECT 1, 300 AS level").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Storage);
    assert_eq!(error.to_string(), "column `level`: 300 does not fit in `u8`");
    let error = one::<i64>(&cx, "SELECT 'x' AS level").unwrap_err();
    assert_eq!(error.to_string(), "column `level`: expected an integer, found the text \"x\"");
    let error = one::<String>(&cx, "SELECT NULL AS name").unwrap_err();
    assert_eq!(error.to_string(), "column `name`: expected a text, found NULL");
}

#[test]
fn a_table_is_read_by_name_in_any_order_and_beside_other_columns() {
    let mut cx = cx::<Room>();
    let row = cx.insert(Message::new("ann", "hello")).unwrap();
    for sql in [
        "SELECT * FROM message",
        "SELECT at, body, author, id FROM message",
        "SELECT 1 AS one, ID, author, body, at, 2 AS two FROM message",
    ] {
        assert_eq!(one::<Message>(&cx, sql).unwrap(), row, "{sql}");
    }
    let error = one::<Message>(&cx, "SELECT id, author, at FROM message").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.to_string(), "the query gives no column `body`; it gives `id`, `author`, `at`");
}

#[test]
fn a_struct_is_read_by_the_names_of_its_columns() {
    struct Totals {
        lines: i64,
        last: Option<Id<Message>>,
    }
    impl FromRow for Totals {
        fn from_row(row: &dyn crate::engine::RowAccess) -> crate::Result<Self> {
            use crate::table::generated::named_column;
            Ok(Totals { lines: named_column(row, "lines")?, last: named_column(row, "last")? })
        }
    }
    let mut cx = cx::<Room>();
    cx.insert(Message::new("ann", "hello")).unwrap();
    let totals: Totals = one(&cx, "SELECT max(id) AS last, count(*) AS lines FROM message").unwrap();
    assert_eq!((totals.lines, totals.last), (1, Some(Id::from_raw(1))));
    assert!(one::<Totals>(&cx, "SELECT 1 AS lines").is_err());
}

#[test]
fn json_columns_are_read_and_written_as_text() {
    use crate::table::generated::{json_column, json_value};
    struct Tags(Vec<String>);
    impl FromRow for Tags {
        fn from_row(row: &dyn crate::engine::RowAccess) -> crate::Result<Self> {
            json_column(row, 0, "tags").map(Tags)
        }
    }
    let cx = cx::<Room>();
    let json = json_value(&vec!["a", "b"]).unwrap();
    assert_eq!(json, Value::Text(r#"["a","b"]"#.into()));
    let tags: Tags = cx.sql_unchecked("SELECT ?1", (json,)).one().unwrap();
    assert_eq!(tags.0, ["a", "b"]);
    for bad in ["SELECT '[1'", "SELECT 5", "SELECT NULL"] {
        let error = one::<Tags>(&cx, bad).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Storage, "{bad}");
        assert!(error.to_string().starts_with("column `tags`: "), "{error}");
    }
}
