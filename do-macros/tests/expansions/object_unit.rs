pub struct RateLimiter;
/// Calls a [`RateLimiter`].
pub struct RateLimiterStub(::do_runtime::Stub<RateLimiter>);
const _: () = {
    #[automatically_derived]
    impl ::do_runtime::__private::Declares<Hit> for RateLimiter {}
    #[automatically_derived]
    impl ::do_runtime::__private::Object for RateLimiter {
        const CLASS: &'static ::core::primitive::str = "RateLimiter";
        const TABLES: &'static [&'static ::do_runtime::__private::TableDef] = &[
            <Hit as ::do_runtime::__private::Table>::DEF,
        ];
        const LIMITS: ::do_runtime::Limits = ::do_runtime::Limits::DEFAULT;
        const JURISDICTION: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
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
};
