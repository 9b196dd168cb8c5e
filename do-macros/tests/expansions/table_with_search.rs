pub struct Order {
    pub id: Id<Order>,
    pub group: String,
    pub body: Option<String>,
    pub seen: u32,
}
/// A row of [`Order`] to insert: what the database fills in may be left out.
pub struct NewOrder {
    id: ::core::option::Option<Id<Order>>,
    group: String,
    body: Option<String>,
    seen: u32,
}
#[allow(clippy::all, dead_code)]
impl NewOrder {
    /// Sets `id`, which the database assigns otherwise.
    #[must_use]
    pub fn id(mut self, id: Id<Order>) -> Self {
        self.id = ::core::option::Option::Some(id);
        self
    }
}
#[allow(clippy::all, dead_code)]
impl Order {
    /// A row to insert. `id` is filled in unless it is set.
    pub fn new(
        group: impl ::core::convert::Into<String>,
        body: Option<String>,
        seen: u32,
    ) -> NewOrder {
        NewOrder {
            id: ::core::option::Option::None,
            group: ::core::convert::Into::into(group),
            body,
            seen,
        }
    }
    /// Every [`Order`] with all words of the query in its `group` and `body`, the best match first.
    pub fn search<'c>(
        cx: &'c ::do_runtime::Cx<
            impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<
                Order,
            >,
        >,
        query: &::core::primitive::str,
    ) -> ::do_runtime::Search<'c, Order> {
        ::do_runtime::__private::search(cx, &["group", "the body"], query)
    }
}
const _: () = {
    const SCHEMA: &::core::primitive::str = r#"
CREATE TABLE "order" (
    id         INTEGER PRIMARY KEY,
    "group"    TEXT    NOT NULL,
    "the body" TEXT,
    seen       INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE order_search USING fts5("group", "the body", content='order', content_rowid='id', tokenize='porter unicode61');
CREATE TRIGGER order_search_insert AFTER INSERT ON "order" BEGIN
    INSERT INTO order_search (rowid, "group", "the body") VALUES (new.id, new."group", new."the body");
END;
CREATE TRIGGER order_search_update AFTER UPDATE OF id, "group", "the body" ON "order"
WHEN (old.id, old."group", old."the body") IS NOT (new.id, new."group", new."the body") BEGIN
    INSERT INTO order_search (order_search, rowid, "group", "the body") VALUES ('delete', old.id, old."group", old."the body");
    INSERT INTO order_search (rowid, "group", "the body") VALUES (new.id, new."group", new."the body");
END;
CREATE TRIGGER order_search_delete AFTER DELETE ON "order" BEGIN
    INSERT INTO order_search (order_search, rowid, "group", "the body") VALUES ('delete', old.id, old."group", old."the body");
END;
"#;
    #[automatically_derived]
    impl ::do_runtime::__private::Table for Order {
        const NAME: &'static ::core::primitive::str = "order";
        const DEF: &'static ::do_runtime::__private::TableDef = &::do_runtime::__private::TableDef {
            name: "order",
            rust_name: "Order",
            schema: SCHEMA,
            types: &[],
            columns: &[
                ::do_runtime::__private::ColumnDef {
                    name: "id",
                    sql_type: "INTEGER",
                    null: false,
                    default: true,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "group",
                    sql_type: "TEXT",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "the body",
                    sql_type: "TEXT",
                    null: true,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "seen",
                    sql_type: "INTEGER",
                    null: false,
                    default: false,
                },
            ],
            key: &[0],
            assigned: ::core::option::Option::Some(0),
            indexes: &[],
            references: &[],
            expiry: ::core::option::Option::None,
        };
        type Key<'k> = Id<Order>;
        fn key_values<'v>(
            key: &'v Self::Key<'_>,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'v>>> {
            ::core::result::Result::Ok(
                ::std::vec![::do_runtime::__private::ToValue::to_value(key) ?],
            )
        }
        fn values(
            &self,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'_>>> {
            ::core::result::Result::Ok(
                ::std::vec![
                    ::do_runtime::__private::ToValue::to_value(& self.id) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.group) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.body) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.seen) ?
                ],
            )
        }
        fn read(
            row: &dyn ::do_runtime::__private::RowAccess,
            first: ::core::primitive::usize,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self {
                id: ::do_runtime::__private::column(row, first, "id")?,
                group: ::do_runtime::__private::column(row, first + 1, "group")?,
                body: ::do_runtime::__private::column(row, first + 2, "the body")?,
                seen: ::do_runtime::__private::column(row, first + 3, "seen")?,
            })
        }
        fn assign(&mut self, key: ::core::primitive::i64) {
            self.id = <Id<Order>>::from_raw(key);
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::NewRow for NewOrder {
        type Row = Order;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Order, ::do_runtime::__private::KeySource) {
            let (key, source) = match self.id {
                ::core::option::Option::Some(key) => {
                    (key, ::do_runtime::__private::KeySource::Given)
                }
                ::core::option::Option::None => {
                    (
                        <Id<Order>>::from_raw(0),
                        ::do_runtime::__private::KeySource::Assigned,
                    )
                }
            };
            (
                Order {
                    id: key,
                    group: self.group,
                    body: self.body,
                    seen: self.seen,
                },
                source,
            )
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::NewRow for Order {
        type Row = Self;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Self, ::do_runtime::__private::KeySource) {
            (self, ::do_runtime::__private::KeySource::Given)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::FromRow for Order {
        const SHAPE: ::do_runtime::__private::RowShape = ::do_runtime::__private::RowShape::Table(
            <Self as ::do_runtime::__private::Table>::DEF,
        );
        fn from_row(
            row: &dyn ::do_runtime::__private::RowAccess,
        ) -> ::do_runtime::Result<Self> {
            ::do_runtime::__private::read_named(row)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::sql::ColumnsOf<
        (Id<Order>, String, Option<String>, u32),
    > for Order {}
};
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __table_Order {
    ({ $($callback:tt)* } { $($payload:tt)* }) => {
        $($callback)* ! { { $($payload)* } { "Order" "order"
        r#"
CREATE TABLE "order" (
    id         INTEGER PRIMARY KEY,
    "group"    TEXT    NOT NULL,
    "the body" TEXT,
    seen       INTEGER NOT NULL
) STRICT;
CREATE VIRTUAL TABLE order_search USING fts5("group", "the body", content='order', content_rowid='id', tokenize='porter unicode61');
CREATE TRIGGER order_search_insert AFTER INSERT ON "order" BEGIN
    INSERT INTO order_search (rowid, "group", "the body") VALUES (new.id, new."group", new."the body");
END;
CREATE TRIGGER order_search_update AFTER UPDATE OF id, "group", "the body" ON "order"
WHEN (old.id, old."group", old."the body") IS NOT (new.id, new."group", new."the body") BEGIN
    INSERT INTO order_search (order_search, rowid, "group", "the body") VALUES ('delete', old.id, old."group", old."the body");
    INSERT INTO order_search (rowid, "group", "the body") VALUES (new.id, new."group", new."the body");
END;
CREATE TRIGGER order_search_delete AFTER DELETE ON "order" BEGIN
    INSERT INTO order_search (order_search, rowid, "group", "the body") VALUES ('delete', old.id, old."group", old."the body");
END;
"#["id"
        integer, "group" text, "the body" text ? = "body", "seen" integer] } }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __table_Order as Order;
