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
    #[allow(dead_code, private_interfaces, unreachable_pub)]
    impl ChatRoomStub {}
    #[allow(dead_code, private_interfaces, unreachable_pub)]
    impl<'a> ChatRoomSchedule<'a> {
        #[allow(missing_docs)]
        pub fn digest(self) -> ::do_runtime::__private::Setting<'a> {
            ::do_runtime::__private::refused()
        }
        #[allow(missing_docs)]
        pub fn remind(
            self,
            _: impl ::core::convert::Into<String>,
        ) -> ::do_runtime::__private::Setting<'a> {
            ::do_runtime::__private::refused()
        }
    }
    impl ::do_runtime::__private::Dispatch for ChatRoom {
        type Request = ();
        type Stub = ChatRoomStub;
        type Schedule<'a> = ChatRoomSchedule<'a>;
        fn dispatch(
            _: (),
            _: ::do_runtime::__private::Run<'_, Self>,
        ) -> ::do_runtime::__private::Ran {
            ::do_runtime::__private::refused()
        }
    }
};
