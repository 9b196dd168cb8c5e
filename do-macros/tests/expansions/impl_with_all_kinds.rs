impl ChatRoom {
    const LONGEST: usize = 4000;
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        self.prepare(cx)
    }
    /// Adds a message.
    ///
    /// It is *not* empty.
    fn post(
        &mut self,
        cx: &mut Cx<Self>,
        author: String,
        body: String,
    ) -> Result<Message, CallError<Refused>> {
        self.add(cx, author, body)
    }
    /// The newest messages.
    fn history(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Message>> {
        self.newest(cx, limit)
    }
    #[must_use]
    fn find(&self, cx: &Cx<Self>, text: &str, limit: u32) -> Result<Vec<Message>> {
        self.look(cx, text, limit)
    }
    fn reset(&mut self) -> Result {
        Ok(())
    }
    #[cfg(feature = "import")]
    fn import(
        &mut self,
        cx: &mut Cx<Self>,
        lines: Vec<Line>,
        mut at: Option<Timestamp>,
    ) -> Result<u64> {
        self.take_in(cx, lines, at)
    }
    async fn forward(
        this: This<Self>,
        room: String,
        copies: [Option<Self>; 2],
    ) -> model::Sent {
        this.forward_to(room, copies).await
    }
    #[deprecated(note = "use `history`")]
    async fn relay(to: &str) -> Result {
        Ok(())
    }
    fn helper(&self) {}
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
                /// Adds a message.
                ///
                /// It is *not* empty.
                pub fn post(
                    &self,
                    author: impl ::core::convert::Into<String>,
                    body: impl ::core::convert::Into<String>,
                ) -> ::do_runtime::Call<ChatRoom, Message, CallError<Refused>> {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(
                            &POST,
                            Request::Post {
                                author: ::core::convert::Into::into(author),
                                body: ::core::convert::Into::into(body),
                            },
                        )
                }
                /// The newest messages.
                pub fn history(
                    &self,
                    limit: u32,
                ) -> ::do_runtime::Call<ChatRoom, Vec<Message>> {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(&HISTORY, Request::History { limit })
                }
                /// Calls `ChatRoom::find`.
                #[must_use]
                pub fn search(
                    &self,
                    text: &str,
                    limit: u32,
                ) -> ::do_runtime::Call<ChatRoom, Vec<Message>> {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(
                            &SEARCH,
                            Request::Search {
                                text: ::std::borrow::ToOwned::to_owned(text),
                                limit,
                            },
                        )
                }
                /// Calls `ChatRoom::reset`.
                pub fn reset(&self) -> ::do_runtime::Call<ChatRoom, ()> {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(&RESET, Request::Reset)
                }
                #[cfg(feature = "import")]
                /// Calls `ChatRoom::import`.
                pub fn import(
                    &self,
                    lines: Vec<Line>,
                    at: Option<Timestamp>,
                ) -> ::do_runtime::Call<ChatRoom, u64> {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(
                            &IMPORT,
                            Request::Import {
                                lines: IMPORT_LINES.carry(lines),
                                at,
                            },
                        )
                }
                /// Calls `ChatRoom::forward`.
                pub fn forward(
                    &self,
                    room: impl ::core::convert::Into<String>,
                    copies: [Option<ChatRoom>; 2],
                ) -> ::do_runtime::Call<
                    ChatRoom,
                    <model::Sent as ::do_runtime::__private::Outcome>::Value,
                    <model::Sent as ::do_runtime::__private::Outcome>::Error,
                > {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(
                            &FORWARD,
                            Request::Forward {
                                room: ::core::convert::Into::into(room),
                                copies: FORWARD_COPIES.carry(copies),
                            },
                        )
                }
                /// Calls `ChatRoom::relay`.
                #[deprecated(note = "use `history`")]
                pub fn relay(&self, to: &str) -> ::do_runtime::Call<ChatRoom, ()> {
                    ::do_runtime::__private::TypedStub::stub(self)
                        .call(
                            &RELAY,
                            Request::Relay {
                                to: ::std::borrow::ToOwned::to_owned(to),
                            },
                        )
                }
            }
            #[doc(hidden)]
            #[allow(clippy::all, private_interfaces, unreachable_pub)]
            pub enum Request {
                Post { author: String, body: String },
                History { limit: u32 },
                Search { text: ::std::string::String, limit: u32 },
                Reset,
                #[cfg(feature = "import")]
                Import {
                    lines: ::do_runtime::__private::Carried<Vec<Line>>,
                    at: Option<Timestamp>,
                },
                Forward {
                    room: String,
                    copies: ::do_runtime::__private::Carried<[Option<ChatRoom>; 2]>,
                },
                Relay { to: ::std::string::String },
            }
            static POST: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                "post",
            );
            static HISTORY: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                    "history",
                )
                .reads()
                .deadline(1500);
            static SEARCH: ::do_runtime::__private::Method = ::do_runtime::__private::Method::slow(
                    "search",
                )
                .reads()
                .idempotent();
            static RESET: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                "reset",
            );
            #[cfg(feature = "import")]
            static IMPORT: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                "import",
            );
            static FORWARD: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                "forward",
            );
            static RELAY: ::do_runtime::__private::Method = ::do_runtime::__private::Method::new(
                "relay",
            );
            #[cfg(feature = "import")]
            const IMPORT_LINES: ::do_runtime::__private::ArgumentType<Vec<Line>> = ::do_runtime::__private::argument::<
                Vec<Line>,
            >("lines");
            #[cfg(feature = "import")]
            const IMPORT_AT: ::do_runtime::__private::ArgumentType<Option<Timestamp>> = ::do_runtime::__private::argument::<
                Option<Timestamp>,
            >("at");
            const FORWARD_COPIES: ::do_runtime::__private::ArgumentType<
                [Option<ChatRoom>; 2],
            > = ::do_runtime::__private::argument::<[Option<ChatRoom>; 2]>("copies");
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
                    run: ::do_runtime::__private::Run<'_, Self>,
                ) -> ::do_runtime::__private::Ran {
                    match request {
                        Request::Post { author, body } => {
                            run.exclusive::<
                                    Message,
                                    CallError<Refused>,
                                >(|me, cx| me.post(cx, author, body))
                        }
                        Request::History { limit } => {
                            run.shared::<
                                    Vec<Message>,
                                    ::do_runtime::Error,
                                >(|me, cx| me.history(cx, limit))
                        }
                        Request::Search { text, limit } => {
                            run.shared::<
                                    Vec<Message>,
                                    ::do_runtime::Error,
                                >(|me, cx| me.find(cx, &text, limit))
                        }
                        Request::Reset => {
                            run.exclusive::<(), ::do_runtime::Error>(|me, _| me.reset())
                        }
                        #[cfg(feature = "import")]
                        Request::Import { lines, at } => {
                            run.exclusive::<
                                    u64,
                                    ::do_runtime::Error,
                                >(|me, cx| me.import(cx, lines.take(), at))
                        }
                        Request::Forward { room, copies } => {
                            run.orchestrate::<
                                    <model::Sent as ::do_runtime::__private::Outcome>::Value,
                                    <model::Sent as ::do_runtime::__private::Outcome>::Error,
                                    _,
                                >(move |this| async move {
                                <model::Sent as ::do_runtime::__private::Outcome>::into_result(
                                    Self::forward(this, room, copies.take()).await,
                                )
                            })
                        }
                        #[allow(deprecated)]
                        Request::Relay { to } => {
                            run.orchestrate::<
                                    (),
                                    ::do_runtime::Error,
                                    _,
                                >(move |_| async move { Self::relay(&to).await })
                        }
                    }
                }
                fn argument_bytes(request: &Request) -> ::core::primitive::u64 {
                    match request {
                        Request::Post { author, body } => {
                            ::do_runtime::__private::argument_bytes(author)
                                + ::do_runtime::__private::argument_bytes(body)
                        }
                        Request::History { .. } => 0,
                        Request::Search { text, .. } => {
                            ::do_runtime::__private::argument_bytes(text)
                        }
                        Request::Reset => 0,
                        #[cfg(feature = "import")]
                        Request::Import { lines, .. } => {
                            ::do_runtime::__private::argument_bytes(lines)
                        }
                        Request::Forward { room, copies } => {
                            ::do_runtime::__private::argument_bytes(room)
                                + ::do_runtime::__private::argument_bytes(copies)
                        }
                        Request::Relay { to } => {
                            ::do_runtime::__private::argument_bytes(to)
                        }
                    }
                }
                fn encode(
                    request: &Request,
                    to: &mut ::do_runtime::__private::ArgumentsWriter,
                ) -> ::do_runtime::Result<()> {
                    match request {
                        Request::Post { author, body } => {
                            to.put("author", author)?;
                            to.put("body", body)?;
                        }
                        Request::History { limit } => {
                            to.put("limit", limit)?;
                        }
                        Request::Search { text, limit } => {
                            to.put("text", text)?;
                            to.put("limit", limit)?;
                        }
                        Request::Reset => {}
                        #[cfg(feature = "import")]
                        Request::Import { lines, at } => {
                            IMPORT_LINES.put(to, lines.argument())?;
                            IMPORT_AT.put(to, at)?;
                        }
                        Request::Forward { room, copies } => {
                            to.put("room", room)?;
                            FORWARD_COPIES.put(to, copies.argument())?;
                        }
                        Request::Relay { to } => {
                            to.put("to", to)?;
                        }
                    }
                    ::core::result::Result::Ok(())
                }
                fn decode(
                    method: &::core::primitive::str,
                    from: &mut ::do_runtime::__private::ArgumentsReader<'_>,
                ) -> ::do_runtime::Result<
                    (&'static ::do_runtime::__private::Method, Request),
                > {
                    match method {
                        "post" => {
                            ::core::result::Result::Ok((
                                &POST,
                                Request::Post {
                                    author: from.take("author")?,
                                    body: from.take("body")?,
                                },
                            ))
                        }
                        "history" => {
                            ::core::result::Result::Ok((
                                &HISTORY,
                                Request::History {
                                    limit: from.take("limit")?,
                                },
                            ))
                        }
                        "search" => {
                            ::core::result::Result::Ok((
                                &SEARCH,
                                Request::Search {
                                    text: from.take("text")?,
                                    limit: from.take("limit")?,
                                },
                            ))
                        }
                        "reset" => ::core::result::Result::Ok((&RESET, Request::Reset)),
                        #[cfg(feature = "import")]
                        "import" => {
                            ::core::result::Result::Ok((
                                &IMPORT,
                                Request::Import {
                                    lines: IMPORT_LINES.carry(IMPORT_LINES.take(from)?),
                                    at: IMPORT_AT.take(from)?,
                                },
                            ))
                        }
                        "forward" => {
                            ::core::result::Result::Ok((
                                &FORWARD,
                                Request::Forward {
                                    room: from.take("room")?,
                                    copies: FORWARD_COPIES.carry(FORWARD_COPIES.take(from)?),
                                },
                            ))
                        }
                        "relay" => {
                            ::core::result::Result::Ok((
                                &RELAY,
                                Request::Relay {
                                    to: from.take("to")?,
                                },
                            ))
                        }
                        _ => {
                            ::core::result::Result::Err(
                                ::do_runtime::__private::unknown_method(method),
                            )
                        }
                    }
                }
                const PUBLIC: &'static [&'static ::do_runtime::__private::Method] = &[
                    &POST,
                    &HISTORY,
                    &SEARCH,
                    #[cfg(feature = "import")]
                    &IMPORT,
                    &FORWARD,
                    &RELAY,
                ];
                fn describe(to: &mut ::do_runtime::__private::Description<'_>) {
                    #[allow(unused_imports)]
                    use ::do_runtime::__private::NotReturned as _;
                    to.method(&POST, "Adds a message.\n\nIt is *not* empty.")
                        .argument::<String>("author")
                        .argument::<String>("body")
                        .returns(
                            ::do_runtime::__private::Returns::<
                                Message,
                                CallError<Refused>,
                            >::SHAPE,
                        );
                    to.method(&HISTORY, "The newest messages.")
                        .reads()
                        .argument::<u32>("limit")
                        .returns(
                            ::do_runtime::__private::Returns::<
                                Vec<Message>,
                                ::do_runtime::Error,
                            >::SHAPE,
                        );
                    to.method(&SEARCH, "")
                        .argument::<::std::string::String>("text")
                        .argument::<u32>("limit")
                        .returns(
                            ::do_runtime::__private::Returns::<
                                Vec<Message>,
                                ::do_runtime::Error,
                            >::SHAPE,
                        );
                    #[cfg(feature = "import")]
                    to.method(&IMPORT, "")
                        .argument_of(&IMPORT_LINES)
                        .argument_of(&IMPORT_AT)
                        .returns(
                            ::do_runtime::__private::Returns::<
                                u64,
                                ::do_runtime::Error,
                            >::SHAPE,
                        );
                    to.method(&FORWARD, "")
                        .argument::<String>("room")
                        .argument_of(&FORWARD_COPIES)
                        .returns(
                            ::do_runtime::__private::Returns::<
                                <model::Sent as ::do_runtime::__private::Outcome>::Value,
                                <model::Sent as ::do_runtime::__private::Outcome>::Error,
                            >::SHAPE,
                        );
                    to.method(&RELAY, "")
                        .deprecated()
                        .argument::<::std::string::String>("to")
                        .returns(
                            ::do_runtime::__private::Returns::<
                                (),
                                ::do_runtime::Error,
                            >::SHAPE,
                        );
                }
                const HAS_INIT: ::core::primitive::bool = true;
                fn init(
                    &mut self,
                    cx: &mut ::do_runtime::Cx<Self>,
                ) -> ::do_runtime::Result {
                    self.wake(cx)
                }
            }
            ::do_runtime::__private::register! {
                ChatRoom
            }
        }
    }
};
