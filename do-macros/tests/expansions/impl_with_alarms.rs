impl ChatRoom {
    /// Counts the messages of the day.
    fn digest(&mut self, cx: &mut Cx<Self>) -> Result {
        self.count(cx)
    }
    fn tidy(&mut self) -> Result {
        Ok(())
    }
    /// Reminds somebody of something.
    fn remind(
        &mut self,
        cx: &mut Cx<Self>,
        who: String,
        text: &str,
        post: Post,
        at: Option<Timestamp>,
    ) -> Result {
        self.tell(cx, who, text, post, at)
    }
    fn not_reminded(
        &mut self,
        who: &str,
        text: String,
        post: Post,
        at: Option<Timestamp>,
        error: &Error,
    ) -> Result {
        Ok(())
    }
    #[cfg(feature = "mail")]
    async fn mail(this: This<Self>, to: Vec<Address>) -> Result<()> {
        this.send_to(to).await
    }
    #[deprecated]
    async fn knock(text: &str) -> Result<(), Error> {
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
                /// Counts the messages of the day.
                pub fn digest(self) -> ::do_runtime::Setting<'a> {
                    let payload = ::do_runtime::__private::ArgumentsWriter::written(|_| {
                        ::core::result::Result::Ok(())
                    });
                    ::do_runtime::Schedule::alarm(&self, "digest", payload)
                }
                /// Sets the alarm `ChatRoom::tidy`.
                pub fn tidy(self) -> ::do_runtime::Setting<'a> {
                    let payload = ::do_runtime::__private::ArgumentsWriter::written(|_| {
                        ::core::result::Result::Ok(())
                    });
                    ::do_runtime::Schedule::alarm(&self, "tidy", payload)
                }
                /// Reminds somebody of something.
                pub fn remind_later(
                    self,
                    who: impl ::core::convert::Into<String>,
                    text: &str,
                    post: Post,
                    at: Option<Timestamp>,
                ) -> ::do_runtime::Setting<'a> {
                    let payload = ::do_runtime::__private::ArgumentsWriter::written(|to| {
                        to.put("who", &::core::convert::Into::<String>::into(who))?;
                        to.put("text", text)?;
                        REMIND_LATER_POST.put(to, &post)?;
                        REMIND_LATER_AT.put(to, &at)?;
                        ::core::result::Result::Ok(())
                    });
                    ::do_runtime::Schedule::alarm(&self, "remind_later", payload)
                }
                #[cfg(feature = "mail")]
                /// Sets the alarm `ChatRoom::mail`.
                pub fn mail(self, to: Vec<Address>) -> ::do_runtime::Setting<'a> {
                    let payload = ::do_runtime::__private::ArgumentsWriter::written(|to| {
                        MAIL_TO.put(to, &to)?;
                        ::core::result::Result::Ok(())
                    });
                    ::do_runtime::Schedule::alarm(&self, "mail", payload)
                }
                /// Sets the alarm `ChatRoom::knock`.
                #[deprecated]
                pub fn knock(self, text: &str) -> ::do_runtime::Setting<'a> {
                    let payload = ::do_runtime::__private::ArgumentsWriter::written(|to| {
                        to.put("text", text)?;
                        ::core::result::Result::Ok(())
                    });
                    ::do_runtime::Schedule::alarm(&self, "knock", payload)
                }
            }
            #[doc(hidden)]
            #[allow(clippy::all, private_interfaces, unreachable_pub)]
            pub enum Request {}
            const REMIND_LATER_POST: ::do_runtime::__private::ArgumentType<Post> = ::do_runtime::__private::payload::<
                Post,
            >("post");
            const REMIND_LATER_AT: ::do_runtime::__private::ArgumentType<
                Option<Timestamp>,
            > = ::do_runtime::__private::payload::<Option<Timestamp>>("at");
            #[cfg(feature = "mail")]
            const MAIL_TO: ::do_runtime::__private::ArgumentType<Vec<Address>> = ::do_runtime::__private::payload::<
                Vec<Address>,
            >("to");
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
                const ALARMS: &'static [::do_runtime::__private::AlarmDef] = &[
                    ::do_runtime::__private::AlarmDef {
                        name: "digest",
                        repeat: ::do_runtime::__private::Repeat::Every(86400000),
                        retries: 2,
                        exhausted: false,
                    },
                    ::do_runtime::__private::AlarmDef {
                        name: "tidy",
                        repeat: ::do_runtime::__private::Repeat::Cron {
                            expression: "0 3 * * MON-FRI",
                            zone: ::core::option::Option::Some("Europe/Paris"),
                        },
                        retries: 6,
                        exhausted: false,
                    },
                    ::do_runtime::__private::AlarmDef {
                        name: "remind_later",
                        repeat: ::do_runtime::__private::Repeat::No,
                        retries: 6,
                        exhausted: true,
                    },
                    #[cfg(feature = "mail")]
                    ::do_runtime::__private::AlarmDef {
                        name: "mail",
                        repeat: ::do_runtime::__private::Repeat::No,
                        retries: 6,
                        exhausted: false,
                    },
                    ::do_runtime::__private::AlarmDef {
                        name: "knock",
                        repeat: ::do_runtime::__private::Repeat::No,
                        retries: 6,
                        exhausted: false,
                    },
                ];
                fn alarm(
                    run: ::do_runtime::__private::AlarmRun<'_, Self>,
                ) -> ::do_runtime::__private::AlarmRan {
                    match run.method() {
                        "digest" => {
                            run.exclusive(
                                |_| ::core::result::Result::Ok(()),
                                |me, cx, ()| me.digest(cx),
                            )
                        }
                        "tidy" => {
                            run.exclusive(
                                |_| ::core::result::Result::Ok(()),
                                |me, _, ()| me.tidy(),
                            )
                        }
                        "remind_later" => {
                            run.exclusive(
                                |from| ::core::result::Result::Ok((
                                    from.take::<String>("who")?,
                                    from.take::<::std::string::String>("text")?,
                                    REMIND_LATER_POST.take(from)?,
                                    REMIND_LATER_AT.take(from)?,
                                )),
                                |me, cx, (who, text, post, at)| {
                                    me.remind(cx, who, &text, post, at)
                                },
                            )
                        }
                        #[cfg(feature = "mail")]
                        "mail" => {
                            run.orchestrate(
                                |from| ::core::result::Result::Ok((MAIL_TO.take(from)?,)),
                                |this, (to,)| Self::mail(this, to),
                            )
                        }
                        #[allow(deprecated)]
                        "knock" => {
                            run.orchestrate(
                                |from| ::core::result::Result::Ok((
                                    from.take::<::std::string::String>("text")?,
                                )),
                                |_, (text,)| async move { Self::knock(&text).await },
                            )
                        }
                        _ => run.unknown(),
                    }
                }
                fn exhausted(
                    run: ::do_runtime::__private::ExhaustedRun<'_, Self>,
                ) -> ::do_runtime::__private::AlarmRan {
                    match run.method() {
                        "remind_later" => {
                            run.exclusive(
                                |from| ::core::result::Result::Ok((
                                    from.take::<String>("who")?,
                                    from.take::<::std::string::String>("text")?,
                                    REMIND_LATER_POST.take(from)?,
                                    REMIND_LATER_AT.take(from)?,
                                )),
                                |me, _, (who, text, post, at), error| {
                                    me
                                        .not_reminded(
                                            &who,
                                            ::do_runtime::__private::handed::<_, String>(text),
                                            ::do_runtime::__private::handed::<_, Post>(post),
                                            ::do_runtime::__private::handed::<_, Option<Timestamp>>(at),
                                            error,
                                        )
                                },
                            )
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
