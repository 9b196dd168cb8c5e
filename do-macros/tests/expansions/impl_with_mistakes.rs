::core::compile_error! {
    "`#[rpc]` has no option `slwo`: did you mean `slow`?"
}
::core::compile_error! {
    "the stub needs `id` for itself: call the method otherwise, or write `#[rpc(rename = \"get_id\")]`"
}
::core::compile_error! {
    "a handler with `&self` only reads: write `&mut self`, or `cx: &Cx<Self>`"
}
::core::compile_error! {
    "an `#[rpc]` can't be generic: a request has one type; write a method for each, or a type of your own"
}
::core::compile_error! {
    "an `#[rpc]` returns a `Result`: write `Result<u32>`"
}
impl ChatRoom {
    fn id(&self) -> Result<u64> {
        Ok(1)
    }
    fn post(&self, cx: &mut Cx<Self>, body: String) -> Result<Message> {
        self.add(cx, body)
    }
    fn echo<T: Clone>(&self, value: T) -> u32 {
        0
    }
}
const _: () = {
    #[allow(dead_code, private_interfaces, unreachable_pub)]
    impl ChatRoomStub {
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
        #[allow(missing_docs)]
        pub fn post(
            &self,
            _: impl ::core::convert::Into<String>,
        ) -> ::do_runtime::Call<ChatRoom, Message> {
            ::do_runtime::__private::refused()
        }
        #[allow(missing_docs)]
        pub fn echo<T: Clone>(&self, _: T) -> ::do_runtime::Call<ChatRoom, u32> {
            ::do_runtime::__private::refused()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ChatRoomStub {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for ChatRoomStub {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<::do_runtime::Stub<ChatRoom>> for ChatRoomStub {
        fn from(stub: ::do_runtime::Stub<ChatRoom>) -> Self {
            Self(stub)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::TypedStub for ChatRoomStub {
        type Object = ChatRoom;
        fn stub(&self) -> &::do_runtime::Stub<ChatRoom> {
            &self.0
        }
    }
    impl ::do_runtime::__private::Dispatch for ChatRoom {
        type Request = ();
        type Stub = ChatRoomStub;
        fn dispatch(
            _: (),
            _: ::do_runtime::__private::Run<'_, Self>,
        ) -> ::do_runtime::__private::Ran {
            ::do_runtime::__private::refused()
        }
    }
};
