pub struct Message {
    pub id: Id<Message>,
    pub room: Id<Room>,
    pub body: String,
}
/// A row of [`Message`] to insert: what the database fills in may be left out.
pub struct NewMessage {
    id: ::core::option::Option<Id<Message>>,
    room: Id<Room>,
    body: String,
}
#[allow(clippy::all, dead_code)]
impl NewMessage {
    /// Sets `id`, which the database assigns otherwise.
    #[must_use]
    pub fn id(mut self, id: Id<Message>) -> Self {
        self.id = ::core::option::Option::Some(id);
        self
    }
}
#[allow(clippy::all, dead_code)]
impl Message {
    /// A row to insert. `id` is filled in unless it is set.
    pub fn new(room: Id<Room>, body: impl ::core::convert::Into<String>) -> NewMessage {
        NewMessage {
            id: ::core::option::Option::None,
            room,
            body: ::core::convert::Into::into(body),
        }
    }
}
const _: () = {
    const SCHEMA: &::core::primitive::str = r#"
CREATE TABLE message (
    id           INTEGER PRIMARY KEY,
    room         INTEGER NOT NULL REFERENCES "{table:Room}",
    body         TEXT    NOT NULL,
    __written_at INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER))
) STRICT;
CREATE INDEX message_written_at ON message (__written_at);
"#;
    #[automatically_derived]
    impl ::do_runtime::__private::Table for Message {
        const NAME: &'static ::core::primitive::str = "message";
        const DEF: &'static ::do_runtime::__private::TableDef = &::do_runtime::__private::TableDef {
            name: "message",
            rust_name: "Message",
            schema: SCHEMA,
            types: &[("{table:Room}", <Room as ::do_runtime::__private::Table>::NAME)],
            columns: &[
                ::do_runtime::__private::ColumnDef {
                    name: "id",
                    sql_type: "INTEGER",
                    null: false,
                    default: true,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "room",
                    sql_type: "INTEGER",
                    null: false,
                    default: false,
                },
                ::do_runtime::__private::ColumnDef {
                    name: "body",
                    sql_type: "TEXT",
                    null: false,
                    default: false,
                },
            ],
            key: &[0],
            assigned: ::core::option::Option::Some(0),
            indexes: &[],
            references: &[
                ::do_runtime::__private::ReferenceDef {
                    column: 1,
                    table: <Room as ::do_runtime::__private::Table>::NAME,
                    on_delete: ::do_runtime::__private::OnDelete::Restrict,
                },
            ],
            expiry: ::core::option::Option::Some(::do_runtime::__private::ExpiryDef {
                column: "__written_at",
                ttl: 2592000000,
            }),
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
                    ::do_runtime::__private::ToValue::to_value(& self.room) ?,
                    ::do_runtime::__private::ToValue::to_value(& self.body) ?
                ],
            )
        }
        fn read(
            row: &dyn ::do_runtime::__private::RowAccess,
            first: ::core::primitive::usize,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self {
                id: ::do_runtime::__private::column(row, first, "id")?,
                room: ::do_runtime::__private::column(row, first + 1, "room")?,
                body: ::do_runtime::__private::column(row, first + 2, "body")?,
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
            _: ::do_runtime::Timestamp,
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
                    room: self.room,
                    body: self.body,
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
    impl ::do_runtime::__private::sql::ColumnsOf<(Id<Message>, Id<Room>, String)>
    for Message {}
    const _: () = {
        #[allow(unused_imports)]
        use ::do_runtime::__private::Absent as _;
        ::do_runtime::__private::keeps_nothing(
            "Message::room",
            ::do_runtime::__private::Present::<Room>::DEF,
            ::do_runtime::__private::OnDelete::Restrict,
        );
    };
};
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __table_Message {
    ({ $($callback:tt)* } { $($payload:tt)* }) => {
        $($callback)* ! { { $($payload)* } { "Message" "message"
        r#"
CREATE TABLE message (
    id   INTEGER PRIMARY KEY,
    room INTEGER NOT NULL REFERENCES "{table:Room}",
    body TEXT    NOT NULL
) STRICT;
"#["id"
        integer, "room" integer, "body" text] expires } }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __table_Message as Message;
