/// One line of a room's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: Id<Message>,
    pub author: String,
    pub body: String,
    pub at: Timestamp,
}
/// A row of [`Message`] to insert: what the database fills in may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    id: ::core::option::Option<Id<Message>>,
    author: String,
    body: String,
    at: ::core::option::Option<Timestamp>,
}
#[allow(clippy::all, dead_code)]
impl NewMessage {
    /// Sets `id`, which the database assigns otherwise.
    #[must_use]
    pub fn id(mut self, id: Id<Message>) -> Self {
        self.id = ::core::option::Option::Some(id);
        self
    }
    /// Sets `at`, which is the time of the handler otherwise.
    #[must_use]
    pub fn at(mut self, at: Timestamp) -> Self {
        self.at = ::core::option::Option::Some(at);
        self
    }
}
#[allow(clippy::all, dead_code)]
impl Message {
    /// A row to insert. `id` and `at` are filled in unless they are set.
    pub fn new(
        author: impl ::core::convert::Into<String>,
        body: impl ::core::convert::Into<String>,
    ) -> NewMessage {
        NewMessage {
            id: ::core::option::Option::None,
            author: ::core::convert::Into::into(author),
            body: ::core::convert::Into::into(body),
            at: ::core::option::Option::None,
        }
    }
    /// Every [`Message`] with this `author`, in the order of the index (author, at desc).
    pub fn by_author<'c>(
        cx: &'c ::do_runtime::Cx<
            impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<
                Message,
            >,
        >,
        author: &::core::primitive::str,
    ) -> ::do_runtime::Find<'c, Message, Timestamp> {
        ::do_runtime::__private::find(
            cx,
            &["author"],
            ::core::option::Option::Some("at"),
            &[&author],
        )
    }
    /// Every [`Message`] with this `author` and `at`, in the order of the index (author, at desc).
    pub fn by_author_and_at<'c>(
        cx: &'c ::do_runtime::Cx<
            impl ::do_runtime::__private::Object + ::do_runtime::__private::Declares<
                Message,
            >,
        >,
        author: &::core::primitive::str,
        at: Timestamp,
    ) -> ::do_runtime::Find<'c, Message> {
        ::do_runtime::__private::find(
            cx,
            &["author", "at"],
            ::core::option::Option::None,
            &[&author, &at],
        )
    }
}
const _: () = {
    const SCHEMA: &::core::primitive::str = r#"
CREATE TABLE message (
    id     INTEGER PRIMARY KEY,
    author TEXT    NOT NULL,
    body   TEXT    NOT NULL,
    at     INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;
CREATE INDEX message_author_at ON message (author, at DESC);
"#;
    #[automatically_derived]
    impl ::do_runtime::__private::Table for Message {
        const NAME: &'static ::core::primitive::str = "message";
        const DEF: &'static ::do_runtime::__private::TableDef = &::do_runtime::__private::TableDef {
            name: "message",
            rust_name: "Message",
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
                    name: "author",
                    sql_type: "TEXT",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "body",
                    sql_type: "TEXT",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "at",
                    sql_type: "INTEGER",
                    null: false,
                    default: true,
                },
            ],
            key: &[0],
            assigned: ::core::option::Option::Some(0),
            indexes: &[
                ::do_runtime::__private::IndexDef {
                    name: "message_author_at",
                    columns: &[("author", false), ("at", true)],
                    unique: false,
                },
            ],
            references: &[],
            expiry: ::core::option::Option::None,
        };
        type Key<'k> = Id<Message>;
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
                    ::do_runtime::__private::ToValue::to_value(& self.author) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.body) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.at) ?
                ],
            )
        }
        fn read(
            row: &dyn ::do_runtime::__private::RowAccess,
            first: ::core::primitive::usize,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self {
                id: ::do_runtime::__private::column(row, first, "id")?,
                author: ::do_runtime::__private::column(row, first + 1, "author")?,
                body: ::do_runtime::__private::column(row, first + 2, "body")?,
                at: ::do_runtime::__private::column(row, first + 3, "at")?,
            })
        }
        fn assign(&mut self, key: ::core::primitive::i64) {
            self.id = <Id<Message>>::from_raw(key);
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::NewRow for NewMessage {
        type Row = Message;
        fn complete(
            self,
            now: ::do_runtime::Timestamp,
        ) -> (Message, ::do_runtime::__private::KeySource) {
            let (key, source) = match self.id {
                ::core::option::Option::Some(key) => {
                    (key, ::do_runtime::__private::KeySource::Given)
                }
                ::core::option::Option::None => {
                    (
                        <Id<Message>>::from_raw(0),
                        ::do_runtime::__private::KeySource::Assigned,
                    )
                }
            };
            (
                Message {
                    id: key,
                    author: self.author,
                    body: self.body,
                    at: self.at.unwrap_or(now),
                },
                source,
            )
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::NewRow for Message {
        type Row = Self;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Self, ::do_runtime::__private::KeySource) {
            (self, ::do_runtime::__private::KeySource::Given)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::FromRow for Message {
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
        (Id<Message>, String, String, Timestamp),
    > for Message {}
};
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __table_Message {
    ({ $($callback:tt)* } { $($payload:tt)* }) => {
        $($callback)* ! { { $($payload)* } { "Message" "message"
        r#"
CREATE TABLE message (
    id     INTEGER PRIMARY KEY,
    author TEXT    NOT NULL,
    body   TEXT    NOT NULL,
    at     INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;
CREATE INDEX message_author_at ON message (author, at DESC);
"#["id"
        integer, "author" text, "body" text, "at" integer] } }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __table_Message as Message;
