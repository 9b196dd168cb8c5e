#[::core::prelude::v1::test]
#[should_panic(expected = "held")]
fn rows_are_kept() -> Result {
    async fn rows_are_kept(kit: TestKit) -> Result {
        kit.crash().await
    }
    ::do_runtime::testing::run(
        ::core::concat!(::core::module_path!(), "::", "rows_are_kept"),
        rows_are_kept,
    )
}
#[::core::prelude::v1::test]
fn nothing_is_there() {
    async fn nothing_is_there() {}
    ::do_runtime::testing::run(
        ::core::concat!(::core::module_path!(), "::", "nothing_is_there"),
        |_| nothing_is_there(),
    )
}
