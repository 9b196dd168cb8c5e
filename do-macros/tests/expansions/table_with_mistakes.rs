::core::compile_error! {
    "`#[table]` has no option `idnex`: did you mean `index`?"
}
::core::compile_error! {
    "there is no attribute `defualt` here: did you mean `default`?"
}
::core::compile_error! {
    "a key is never NULL: write its type without `Option`"
}
::core::compile_error! {
    "`usize` can't be a column: its size differs between machines; use `i64`"
}
::core::compile_error! {
    "there is no field `autor`: did you mean `author`?"
}
pub struct Message {
    pub id: Option<Id<Message>>,
    pub author: String,
    pub size: usize,
}
/// A row of [`Message`] to insert: what the database fills in may be left out.
pub struct NewMessage;
#[allow(clippy::all, dead_code)]
impl NewMessage {
    /// Sets `size`, which has its default otherwise.
    #[must_use]
    pub fn size(self, _: usize) -> Self {
        self
    }
}
#[allow(clippy::all, dead_code)]
impl Message {
    /// A row to insert. `size` is filled in unless it is set.
    pub fn new(
        id: Option<Id<Message>>,
        author: impl ::core::convert::Into<String>,
    ) -> NewMessage {
        let _ = (id, author);
        ::do_runtime::__private::refused()
    }
}
const _: () = {
    impl ::do_runtime::__private::Table for Message {
        const DEF: &'static ::do_runtime::__private::TableDef = &::do_runtime::__private::TableDef {
            name: "",
            rust_name: "",
            schema: "",
            types: &[],
            columns: &[],
            key: &[],
            assigned: ::core::option::Option::None,
            indexes: &[],
            references: &[],
            expiry: ::core::option::Option::None,
        };
        type Key<'k> = Option<Id<Message>>;
        fn key_values<'v>(
            _: &'v Self::Key<'_>,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'v>>> {
            ::do_runtime::__private::refused()
        }
        fn values(
            &self,
        ) -> ::do_runtime::Result<::std::vec::Vec<::do_runtime::__private::Value<'_>>> {
            ::do_runtime::__private::refused()
        }
        fn read(
            _: &dyn ::do_runtime::__private::RowAccess,
            _: ::core::primitive::usize,
        ) -> ::do_runtime::Result<Self> {
            ::do_runtime::__private::refused()
        }
        fn assign(&mut self, _: ::core::primitive::i64) {}
    }
    impl ::do_runtime::__private::NewRow for Message {
        type Row = Self;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Self, ::do_runtime::__private::KeySource) {
            ::do_runtime::__private::refused()
        }
    }
    impl ::do_runtime::__private::NewRow for NewMessage {
        type Row = Message;
        fn complete(
            self,
            _: ::do_runtime::Timestamp,
        ) -> (Message, ::do_runtime::__private::KeySource) {
            ::do_runtime::__private::refused()
        }
    }
    impl ::do_runtime::__private::FromRow for Message {
        fn from_row(
            _: &dyn ::do_runtime::__private::RowAccess,
        ) -> ::do_runtime::Result<Self> {
            ::do_runtime::__private::refused()
        }
    }
};
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __table_Message {
    ({ $($callback:tt)* } { $($payload:tt)* }) => {
        $($callback)* ! { { $($payload)* } { refused } }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __table_Message as Message;
