::core::compile_error! {
    "`#[alarm]` has no option `evry`: did you mean `every`?"
}
::core::compile_error! {
    "the schedule needs `cancel` for itself: call the method otherwise, or write `#[alarm(rename = \"cancel_later\")]`"
}
::core::compile_error! {
    "an `#[alarm]` writes: the transaction that it runs in removes it; write `&mut self`"
}
impl ChatRoom {
    fn digest(&mut self) -> Result {
        Ok(())
    }
    fn cancel(&mut self, who: String) -> Result {
        Ok(())
    }
    fn remind(&self, cx: &Cx<Self>, who: String) -> Result {
        Ok(())
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
            impl ChatRoomStub {}
            #[allow(clippy::all, dead_code, private_interfaces, unreachable_pub)]
            impl<'a> ChatRoomSchedule<'a> {
                #[allow(missing_docs)]
                pub fn digest(self) -> ::do_runtime::Setting<'a> {
                    ::do_runtime::__private::refused()
                }
                #[allow(missing_docs)]
                pub fn remind(
                    self,
                    _: impl ::core::convert::Into<String>,
                ) -> ::do_runtime::Setting<'a> {
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
