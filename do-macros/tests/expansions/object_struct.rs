/// A chat room.
pub struct ChatRoom {
    topic: String,
    settings: Settings,
    mood: Mood,
    posts_since_wake: u64,
    recent: Vec<Message>,
}
/// Calls a [`ChatRoom`].
///
/// A chat room.
pub struct ChatRoomStub(
    ::do_runtime::Stub<ChatRoom>,
)
where
    for<'a> ChatRoom: ::do_runtime::__private::Dispatch;
/// Sets the alarms of a [`ChatRoom`]: what `cx.schedule()` gives.
#[derive(Debug)]
pub struct ChatRoomSchedule<'a>(::do_runtime::Schedule<'a>);
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
    const _: fn() = ::do_runtime::__private::callable::<ChatRoom>;
    fn first_settings() -> Settings {
        Settings::new(3, true)
    }
    fn first_mood() -> Mood {
        ::do_runtime::__private::FirstValue::first_value()
    }
    const SETTINGS_FIELD: ::do_runtime::__private::StoredField<Settings> = ::do_runtime::__private::stored_field::<
        Settings,
    >("settings");
    const MOOD_FIELD: ::do_runtime::__private::StoredField<Mood> = ::do_runtime::__private::stored_field::<
        Mood,
    >("mood");
    #[allow(unused_imports)]
    use ::do_runtime::__private::Absent as _;
    #[automatically_derived]
    impl ::do_runtime::__private::Declares<
        __write_attribute_table_above_Message_for_ChatRoom,
    > for ChatRoom {}
    #[automatically_derived]
    impl ::do_runtime::__private::Declares<
        __write_attribute_table_above_Author_for_ChatRoom,
    > for ChatRoom {}
    #[automatically_derived]
    impl ::do_runtime::__private::Object for ChatRoom {
        const CLASS: &'static ::core::primitive::str = "Room";
        const TABLES: &'static [&'static ::do_runtime::__private::TableDef] = &[
            ::do_runtime::__private::Present::<
                __write_attribute_table_above_Message_for_ChatRoom,
            >::DEF,
            ::do_runtime::__private::Present::<
                __write_attribute_table_above_Author_for_ChatRoom,
            >::DEF,
        ];
        const LIMITS: ::do_runtime::Limits = ::do_runtime::Limits::DEFAULT
            .with_value(1048576)
            .with_queue(5)
            .with_run_millis(90000);
        const JURISDICTION: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            "eu",
        );
        fn sendable() -> ::do_runtime::__private::Sendable<Self> {
            ::do_runtime::__private::Sendable::new()
        }
        fn wake(
            stored: &mut ::do_runtime::__private::StoredReader<'_>,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self {
                topic: stored
                    .take("topic")?
                    .unwrap_or_else(::core::default::Default::default),
                settings: SETTINGS_FIELD.take(stored)?.unwrap_or_else(first_settings),
                mood: MOOD_FIELD.take(stored)?.unwrap_or_else(first_mood),
                posts_since_wake: ::core::default::Default::default(),
                recent: Vec::with_capacity(16),
            })
        }
        fn store(
            &self,
            to: &mut ::do_runtime::__private::StoredWriter<'_>,
        ) -> ::do_runtime::Result {
            to.put("topic", &self.topic)?;
            SETTINGS_FIELD.put(to, &self.settings)?;
            MOOD_FIELD.put(to, &self.mood)?;
            ::core::result::Result::Ok(())
        }
        fn restore(
            &mut self,
            stored: &mut ::do_runtime::__private::StoredReader<'_>,
        ) -> ::do_runtime::Result {
            self.topic = stored
                .take("topic")?
                .unwrap_or_else(::core::default::Default::default);
            self.settings = SETTINGS_FIELD.take(stored)?.unwrap_or_else(first_settings);
            self.mood = MOOD_FIELD.take(stored)?.unwrap_or_else(first_mood);
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::sql::TablesOf<
        (
            __write_attribute_table_above_Message_for_ChatRoom,
            __write_attribute_table_above_Author_for_ChatRoom,
        ),
    > for ChatRoom {}
};
#[allow(unused_imports)]
use Message as __write_attribute_table_above_Message_for_ChatRoom;
#[allow(unused_imports)]
use model::Author as __write_attribute_table_above_Author_for_ChatRoom;
__write_attribute_table_above_Message_for_ChatRoom! {
    { ::do_runtime::__private::__freeze } { {
    __write_attribute_table_above_Message_for_ChatRoom Message,
    __write_attribute_table_above_Author_for_ChatRoom model::Author } { ChatRoom } { pub
    } {} }
}
const _: () = ::do_runtime::__private::references_are_declared::<ChatRoom>();
