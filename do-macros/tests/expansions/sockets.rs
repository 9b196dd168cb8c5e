impl ChatRoom {
    fn joined(&mut self, socket: &Socket, request: &Upgrade) -> Result {
        socket.tag("chat")
    }
    fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, text: &str) -> Result {
        self.post(cx, text)
    }
    #[cfg(feature = "presence")]
    fn left(
        &mut self,
        cx: &mut Cx<Self>,
        socket: &Socket,
        code: u16,
        reason: String,
    ) -> Result {
        self.forget(cx, socket)
    }
    fn failed(&self, error: &do_runtime::Error) -> Result {
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
            #[doc(hidden)]
            #[allow(clippy::all, private_interfaces, unreachable_pub)]
            pub enum Request {}
            #[automatically_derived]
            impl ::do_runtime::__private::Dispatch for ChatRoom
            where
                for<'a> ChatRoomStub: ::core::marker::Sized,
            {
                type Request = Request;
                type Stub = ChatRoomStub;
                type Schedule<'a> = <ChatRoomStub as ::do_runtime::__private::Scheduled>::Schedule<
                    'a,
                >;
                fn dispatch(
                    request: Request,
                    _: ::do_runtime::__private::Run<'_, Self>,
                ) -> ::do_runtime::__private::Ran {
                    match request {}
                }
                fn describe(to: &mut ::do_runtime::__private::Description<'_>) {
                    #[allow(unused_imports)]
                    use ::do_runtime::__private::NotReturned as _;
                    #[allow(unused_imports)]
                    use ::do_runtime::__private::NotTaken as _;
                    to.sockets(&<Self as ::do_runtime::__private::Dispatch>::SOCKETS);
                    to.socket_sends::<Message>();
                    to.socket_takes(
                        ::do_runtime::__private::Takes::<::std::string::String>::SHAPE,
                    );
                }
                const SOCKETS: ::do_runtime::__private::SocketMethods = ::do_runtime::__private::SocketMethods {
                    open: {
                        static OPEN: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                            "joined",
                        );
                        ::core::option::Option::Some(&OPEN)
                    },
                    message: {
                        static MESSAGE: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                            "said",
                        );
                        ::core::option::Option::Some(&MESSAGE)
                    },
                    auto_response: ::core::option::Option::Some(("ping", "pong")),
                    #[cfg(feature = "presence")]
                    close: {
                        static CLOSE: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                            "left",
                        );
                        ::core::option::Option::Some(&CLOSE)
                    },
                    error: {
                        static ERROR: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                            "failed",
                        );
                        ::core::option::Option::Some(&ERROR)
                    },
                    ..::do_runtime::__private::SocketMethods::NONE
                };
                fn socket(
                    run: ::do_runtime::__private::SocketRun<'_, Self>,
                ) -> ::do_runtime::__private::SocketRan {
                    match run.occurred() {
                        ::do_runtime::__private::Occurred::Open => {
                            run.open(|me, _, socket, request| me.joined(socket, request))
                        }
                        ::do_runtime::__private::Occurred::Message => {
                            run.message::<
                                    ::std::string::String,
                                >(|me, cx, socket, message| me.said(cx, socket, &message))
                        }
                        #[cfg(feature = "presence")]
                        ::do_runtime::__private::Occurred::Close => {
                            run.close(|me, cx, socket, code, reason| {
                                me.left(cx, socket, code, reason)
                            })
                        }
                        ::do_runtime::__private::Occurred::Error => {
                            run.error(|me, _, _, error| me.failed(error))
                        }
                        _ => run.unhandled(),
                    }
                }
            }
            ::do_runtime::__private::register! {
                ChatRoom
            }
        }
    }
};
