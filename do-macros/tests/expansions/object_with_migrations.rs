pub struct RateLimiter;
/// Calls a [`RateLimiter`].
pub struct RateLimiterStub(
    ::do_runtime::Stub<RateLimiter>,
)
where
    for<'a> RateLimiter: ::do_runtime::__private::Dispatch;
/// Sets the alarms of a [`RateLimiter`]: what `cx.schedule()` gives.
#[derive(Debug)]
pub struct RateLimiterSchedule<'a>(::do_runtime::Schedule<'a>);
const _: () = {
    #[allow(dead_code)]
    impl RateLimiterStub
    where
        for<'a> RateLimiter: ::do_runtime::__private::Dispatch,
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
    impl ::core::clone::Clone for RateLimiterStub
    where
        for<'a> RateLimiter: ::do_runtime::__private::Dispatch,
    {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    }
    #[automatically_derived]
    impl ::core::fmt::Debug for RateLimiterStub
    where
        for<'a> RateLimiter: ::do_runtime::__private::Dispatch,
    {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[automatically_derived]
    impl ::core::convert::From<::do_runtime::Stub<RateLimiter>> for RateLimiterStub
    where
        for<'a> RateLimiter: ::do_runtime::__private::Dispatch,
    {
        fn from(stub: ::do_runtime::Stub<RateLimiter>) -> Self {
            Self(stub)
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::TypedStub for RateLimiterStub
    where
        for<'a> RateLimiter: ::do_runtime::__private::Dispatch,
    {
        type Object = RateLimiter;
        fn stub(&self) -> &::do_runtime::Stub<RateLimiter> {
            &self.0
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::Scheduled for RateLimiterStub
    where
        for<'a> RateLimiter: ::do_runtime::__private::Dispatch,
    {
        type Schedule<'a> = RateLimiterSchedule<'a>;
    }
    #[automatically_derived]
    impl<'a> ::core::convert::From<::do_runtime::Schedule<'a>>
    for RateLimiterSchedule<'a> {
        fn from(schedule: ::do_runtime::Schedule<'a>) -> Self {
            Self(schedule)
        }
    }
    #[automatically_derived]
    impl<'a> ::core::ops::Deref for RateLimiterSchedule<'a> {
        type Target = ::do_runtime::Schedule<'a>;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }
    const _: fn() = ::do_runtime::__private::callable::<RateLimiter>;
    #[allow(unused_imports)]
    use ::do_runtime::__private::Absent as _;
    #[automatically_derived]
    impl ::do_runtime::__private::Declares<
        __write_attribute_table_above_Hit_for_RateLimiter,
    > for RateLimiter {}
    #[automatically_derived]
    impl ::do_runtime::__private::Object for RateLimiter {
        const CLASS: &'static ::core::primitive::str = "RateLimiter";
        const TABLES: &'static [&'static ::do_runtime::__private::TableDef] = &[
            ::do_runtime::__private::Present::<
                __write_attribute_table_above_Hit_for_RateLimiter,
            >::DEF,
        ];
        const LIMITS: ::do_runtime::Limits = ::do_runtime::Limits::DEFAULT;
        const JURISDICTION: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
        const MIGRATIONS: &'static [::do_runtime::__private::Migration<Self>] = &[
            ::do_runtime::__private::Migration {
                version: 1,
                step: ::do_runtime::__private::Step::Sql(
                    r#"
                        CREATE TABLE hit (id INTEGER PRIMARY KEY) STRICT;
                    "#,
                ),
            },
            ::do_runtime::__private::Migration {
                version: 2,
                step: ::do_runtime::__private::Step::Sql(
                    r#"ALTER TABLE hit ADD COLUMN at INTEGER"#,
                ),
            },
            ::do_runtime::__private::Migration {
                version: 3,
                step: ::do_runtime::__private::Step::Backfill {
                    name: "backfills::times",
                    run: backfills::times,
                },
            },
            ::do_runtime::__private::Migration {
                version: 4,
                step: ::do_runtime::__private::Step::Sql(
                    ::core::include_str!(
                        ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"),
                        "/tests/expansions/migration.sql")
                    ),
                ),
            },
        ];
        fn sendable() -> ::do_runtime::__private::Sendable<Self> {
            ::do_runtime::__private::Sendable::new()
        }
        fn wake(
            _: &mut ::do_runtime::__private::StoredReader<'_>,
        ) -> ::do_runtime::Result<Self> {
            ::core::result::Result::Ok(Self)
        }
        fn store(
            &self,
            _: &mut ::do_runtime::__private::StoredWriter<'_>,
        ) -> ::do_runtime::Result {
            ::core::result::Result::Ok(())
        }
        fn restore(
            &mut self,
            _: &mut ::do_runtime::__private::StoredReader<'_>,
        ) -> ::do_runtime::Result {
            ::core::result::Result::Ok(())
        }
    }
    #[automatically_derived]
    impl ::do_runtime::__private::sql::TablesOf<
        (__write_attribute_table_above_Hit_for_RateLimiter,),
    > for RateLimiter {}
};
#[allow(unused_imports)]
use Hit as __write_attribute_table_above_Hit_for_RateLimiter;
__write_attribute_table_above_Hit_for_RateLimiter! {
    { ::do_runtime::__private::__freeze } { {
    __write_attribute_table_above_Hit_for_RateLimiter Hit } { RateLimiter } { pub } {
    migrations 1 =
    r#"
                        CREATE TABLE hit (id INTEGER PRIMARY KEY) STRICT;
                    "#,
    2 = "ALTER TABLE hit ADD COLUMN at INTEGER", 3 = backfill(backfills::times), 4 =
    file("tests/expansions/migration.sql"), } }
}
const _: () = ::do_runtime::__private::references_are_declared::<RateLimiter>();
