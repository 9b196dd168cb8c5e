//! A class that keeps alarms set itself, in versions.

/// Makes a version of the class `Daily`.
macro_rules! daily {
    ($name:ident, $stub:ident, [$($def:expr),*] $(, wakes: $wakes:expr)? $(, runs: $runs:expr)?) => {
        #[derive(Default)]
        pub(crate) struct $name {
            pub(crate) rung: Vec<do_runtime::Timestamp>,
        }

        impl do_runtime::__private::Object for $name {
            const CLASS: &'static str = "Daily";
            const TABLES: &'static [&'static do_runtime::__private::TableDef] = &[];
            const LIMITS: do_runtime::Limits =
                do_runtime::Limits::DEFAULT.with_run_millis(300);
            const JURISDICTION: Option<&'static str> = None;

            fn sendable() -> do_runtime::__private::Sendable<Self> {
                do_runtime::__private::Sendable::new()
            }

            fn wake(stored: &mut do_runtime::__private::StoredReader<'_>) -> do_runtime::Result<Self> {
                $($wakes?;)?
                Ok($name { rung: stored.take("rung")?.unwrap_or_default() })
            }

            fn store(&self, to: &mut do_runtime::__private::StoredWriter<'_>) -> do_runtime::Result {
                to.put("rung", &self.rung)
            }

            fn restore(&mut self, stored: &mut do_runtime::__private::StoredReader<'_>) -> do_runtime::Result {
                self.rung = stored.take("rung")?.unwrap_or_default();
                Ok(())
            }
        }

        impl do_runtime::__private::Dispatch for $name {
            type Request = Option<$crate::clocks::Do<$name>>;
            type Stub = $stub;
            type Schedule<'a> = do_runtime::Schedule<'a>;

            const ALARMS: &'static [do_runtime::__private::AlarmDef] = &[$($def),*];

            fn dispatch(
                request: Self::Request,
                run: do_runtime::__private::Run<'_, Self>,
            ) -> do_runtime::__private::Ran {
                match request {
                    Some(body) => run.exclusive(|me, cx| {
                        body(me, cx)?;
                        Ok::<_, do_runtime::Error>(me.rung.clone())
                    }),
                    None => run.shared(|me, _| Ok::<_, do_runtime::Error>(me.rung.clone())),
                }
            }

            fn alarm(run: do_runtime::__private::AlarmRun<'_, Self>) -> do_runtime::__private::AlarmRan {
                match run.method() {
                    "digest" => run.exclusive(
                        |_| Ok(()),
                        |me, cx, ()| {
                            me.rung.push(cx.now());
                            $($runs;)?
                            Ok(())
                        },
                    ),
                    _ => run.unknown(),
                }
            }
        }

        #[derive(Clone)]
        pub(crate) struct $stub(do_runtime::Stub<$name>);

        impl From<do_runtime::Stub<$name>> for $stub {
            fn from(stub: do_runtime::Stub<$name>) -> Self {
                $stub(stub)
            }
        }

        impl do_runtime::__private::TypedStub for $stub {
            type Object = $name;

            fn stub(&self) -> &do_runtime::Stub<$name> {
                &self.0
            }
        }

        impl $stub {
            #[allow(dead_code)]
            pub(crate) fn id(&self) -> do_runtime::ObjectId {
                self.0.id()
            }

            #[allow(dead_code)]
            pub(crate) fn rung(&self) -> do_runtime::Call<$name, Vec<do_runtime::Timestamp>> {
                self.0.call(&$crate::clocks::DAILY, None)
            }

            #[allow(dead_code)]
            pub(crate) fn set(
                &self,
                body: impl FnOnce(&mut $name, &mut do_runtime::Cx<$name>) -> do_runtime::Result + Send + 'static,
            ) -> do_runtime::Call<$name, Vec<do_runtime::Timestamp>> {
                self.0.call(&$crate::clocks::DAILY, Some(Box::new(body)))
            }
        }
    };
}
pub(crate) use daily;
