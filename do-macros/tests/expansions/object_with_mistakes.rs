::core::compile_error! {
    "`#[durable_object]` on a struct has no option `table`: did you mean `tables`?"
}
::core::compile_error! {
    "`limits` has no option `qeue`: did you mean `queue`?"
}
::core::compile_error! {
    "\"2MB?\" is not a size: write a number and a unit, as in \"64KiB\", \"2MiB\" or \"1GiB\""
}
::core::compile_error! {
    "`queue` is a number of calls: write `queue = 16384`"
}
::core::compile_error! {
    "\"soon\" is not a duration: write it as in \"30s\", \"1m 30s\", \"24h\" or \"30d\""
}
::core::compile_error! {
    "what becomes of `topic` when the object sleeps? Write `#[stored]` above it to keep it, or `#[ephemeral]` to start afresh at each wake"
}
::core::compile_error! {
    "a field is either `#[stored]` or `#[ephemeral]`: remove one of them"
}
::core::compile_error! {
    "`Rc<str>` can't be in a field: an object moves between threads, so that its fields are `Send`; use `Arc`"
}
pub struct ChatRoom {
    topic: String,
    both: u8,
    shared: Rc<str>,
}
/// Calls a [`ChatRoom`].
pub struct ChatRoomStub(
    ::do_runtime::Stub<ChatRoom>,
)
where
    for<'a> ChatRoom: ::do_runtime::__private::Dispatch;
/// Sets the alarms of a [`ChatRoom`]: what `cx.schedule()` gives.
#[derive(Debug)]
pub struct ChatRoomSchedule<'a>(::do_runtime::Schedule<'a>);
#[doc(hidden)]
#[allow(unused_macros)]
macro_rules! __object_ChatRoom {
    ({ $($callback:tt)* } { $($payload:tt)* }) => {
        $($callback)* ! { { $($payload)* } { ChatRoom! } }
    };
}
#[doc(hidden)]
#[allow(unused_imports)]
pub(crate) use __object_ChatRoom as ChatRoom;
const _: () = {
    #[allow(dead_code)]
    impl ChatRoomStub
    where
        for<'a> ChatRoom: ::do_runtime::__private::Dispatch,
    {
        /// The object's id.
        pub fn id(&self) -> ::do_runtime::ObjectId {
            self.0.id()
        }
        /// The object's name, unless it has none or it is not known here.
        pub fn name(&self) -> ::core::option::Option<&::core::primitive::str> {
            self.0.name()
        }
        /// The name of the object's class.
        pub fn class(&self) -> &'static ::core::primitive::str {
            self.0.class()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ChatRoomStub
    where
        for<'a> ChatRoom: ::do_runtime::__private::Dispatch,
    {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ChatRoomStub
    where
        for<'a> ChatRoom: ::do_runtime::__private::Dispatch,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<::do_runtime::Stub<ChatRoom>> for ChatRoomStub
    where
        for<'a> ChatRoom: ::do_runtime::__private::Dispatch,
    {
        fn from(stub: ::do_runtime::Stub<ChatRoom>) -> Self {
            Self(stub)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::TypedStub for ChatRoomStub
    where
        for<'a> ChatRoom: ::do_runtime::__private::Dispatch,
    {
        type Object = ChatRoom;
        fn stub(&self) -> &::do_runtime::Stub<ChatRoom> {
            &self.0
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::Scheduled for ChatRoomStub
    where
        for<'a> ChatRoom: ::do_runtime::__private::Dispatch,
    {
        type Schedule<'a> = ChatRoomSchedule<'a>;
    }
    #[automatically_derived]
    impl<'a> ::core::convert::From<::do_runtime::Schedule<'a>> for ChatRoomSchedule<'a> {
        fn from(schedule: ::do_runtime::Schedule<'a>) -> Self {
            Self(schedule)
        }
    }
    #[automatically_derived]
    impl<'a> ::core::ops::Deref for ChatRoomSchedule<'a> {
        type Target = ::do_runtime::Schedule<'a>;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
    impl ::do_runtime::__private::Object for ChatRoom {
        const CLASS: &'static ::core::primitive::str = "";
        const TABLES: &'static [&'static ::do_runtime::__private::TableDef] = &[];
        const LIMITS: ::do_runtime::Limits = ::do_runtime::Limits::DEFAULT;
        const JURISDICTION: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
        fn sendable() -> ::do_runtime::__private::Sendable<Self> {
            ::do_runtime::__private::refused()
        }
        fn wake(
            _: &mut ::do_runtime::__private::StoredReader<'_>,
        ) -> ::do_runtime::Result<Self> {
            ::do_runtime::__private::refused()
        }
        fn store(
            &self,
            _: &mut ::do_runtime::__private::StoredWriter<'_>,
        ) -> ::do_runtime::Result {
            ::do_runtime::__private::refused()
        }
        fn restore(
            &mut self,
            _: &mut ::do_runtime::__private::StoredReader<'_>,
        ) -> ::do_runtime::Result {
            ::do_runtime::__private::refused()
        }
    }
};
