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
    #[allow(unused_imports)]
    use ::do_runtime::__private::{__schema, __schema as ChatRoomStub};
    {
        #[allow(unused_imports)]
        use ChatRoom as __schema;
        #[allow(unused_imports)]
        use ChatRoomStub as __write_attribute_durable_object_above_ChatRoom;
        {
            #[allow(unused_imports)]
            use ::do_runtime::__private::__unless_object;
            __schema! {
                { __unless_object } { #[allow(dead_code)] type ChatRoomStub =
                __write_attribute_durable_object_above_ChatRoom; #[allow(dead_code)] type
                ChatRoomSchedule < 'a > =
                __write_attribute_durable_object_above_ChatRoom; #[allow(unused_imports)]
                use ::do_runtime::__private::Absent as _; const _ : () =
                ::do_runtime::__private::Present:: < ChatRoom > ::OTHER_NAME; }
            }
            #[allow(clippy::all, dead_code, private_interfaces, unreachable_pub)]
            impl ChatRoomStub {
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
            impl ::do_runtime::__private::Dispatch for ChatRoom
            where
                for<'a> ChatRoomStub: ::core::marker::Sized,
            {
                type Request = ();
                type Stub = ChatRoomStub;
                type Schedule<'a> = <ChatRoomStub as ::do_runtime::__private::Scheduled>::Schedule<
                    'a,
                >;
                fn dispatch(
                    _: (),
                    _: ::do_runtime::__private::Run<'_, Self>,
                ) -> ::do_runtime::__private::Ran {
                    ::do_runtime::__private::refused()
                }
            }
        }
    }
};
