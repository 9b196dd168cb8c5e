//! What is kept and what is undone.

use super::*;

#[do_runtime::test]
async fn ok_commits_everything(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.write("one", End::Well).await?;
    book.write("two", End::Well).await?;
    assert_eq!(book.seen().await?, seen(&["one", "two"], "two", 2));
    kit.crash().await?;
    assert_eq!(book.seen().await?, seen(&["one", "two"], "two", 0));
    Ok(())
}

#[do_runtime::test]
async fn an_error_undoes_all_but_ephemeral_fields(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.write("one", End::Well).await?;
    let error = book.write("two", End::InError).await.expect_err("gave up");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, "the writer of two gave up"));
    assert_eq!(book.seen().await?, seen(&["one"], "one", 2));
    kit.crash().await?;
    assert_eq!(book.seen().await?, seen(&["one"], "one", 0));
    Ok(())
}

#[do_runtime::test]
async fn a_panic_undoes_all_and_wakes_the_object_afresh(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.write("one", End::Well).await?;
    let error = book.write("two", End::InPanic).await.expect_err("stumbled");
    assert_eq!(error.kind(), ErrorKind::Handler);
    assert!(!error.is_retryable());
    assert_eq!(book.seen().await?, seen(&["one"], "one", 0));
    book.write("three", End::Well).await?;
    kit.crash().await?;
    assert_eq!(book.seen().await?, seen(&["one", "three"], "three", 0));
    Ok(())
}

#[do_runtime::test]
async fn a_panic_in_the_first_call_creates_nothing(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.write("one", End::InPanic).await.expect_err("stumbled");
    assert!(!kit.objects().namespace::<Book>().exists(book.id()).await?);
    assert_eq!(book.seen().await?, Seen::default());
    Ok(())
}

#[do_runtime::test]
async fn a_savepoint_that_fails_undoes_its_part_alone(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    assert!(!book.part("outer", "inner", End::InError).await?);
    assert_eq!(book.seen().await?, seen(&["outer"], "outer", 2));
    kit.crash().await?;
    assert_eq!(book.seen().await?, seen(&["outer"], "outer", 0));
    Ok(())
}

#[do_runtime::test]
async fn a_savepoint_that_succeeds_is_part_of_the_transaction(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    assert!(book.part("outer", "inner", End::Well).await?);
    assert_eq!(book.seen().await?, seen(&["outer", "inner"], "inner", 2));
    Ok(())
}

#[do_runtime::test]
async fn a_panic_in_a_savepoint_undoes_the_whole_handler(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.part("outer", "inner", End::InPanic).await.expect_err("stumbled");
    assert_eq!(book.seen().await?, Seen::default());
    book.write("later", End::Well).await?;
    assert_eq!(book.seen().await?, seen(&["later"], "later", 1));
    Ok(())
}

#[do_runtime::test]
async fn savepoints_nest(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    assert_eq!(book.nested().await?, ["c", "a"], "each savepoint gives back the fields of its beginning");
    assert_eq!(book.seen().await?, seen(&["a"], "a", 4));
    Ok(())
}

#[do_runtime::test]
async fn a_handler_called_by_a_handler_is_in_the_same_transaction(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.twice("one", "two", End::InError).await.expect_err("the second gives up");
    assert_eq!(book.seen().await?, seen(&[], "", 2));
    book.twice("one", "two", End::Well).await?;
    assert_eq!(book.seen().await?, seen(&["one", "two"], "two", 4));
    Ok(())
}

#[do_runtime::test]
async fn a_stub_that_is_polled_inside_a_handler_is_invalid(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    for name in ["a", "another"] {
        assert_eq!(book.poll_a_stub(name).await?, invalid());
        assert_eq!(book.poll_a_stub_reading(name).await?, invalid());
    }
    assert_eq!(book.seen().await?, Seen::default(), "calls from outside still go through");
    Ok(())
}

#[do_runtime::test]
async fn a_nested_update_is_invalid(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    assert_eq!(book.nest_updates().await?, invalid());
    assert_eq!(book.nest_reads().await?, invalid());
    assert_eq!(book.seen().await?, seen(&["outer"], "outer", 1), "the outer one went through");
    Ok(())
}

#[do_runtime::test]
async fn each_update_is_a_transaction(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.two_updates(End::InError).await.expect_err("the second gives up");
    assert_eq!(book.seen().await?, seen(&["first"], "first", 2));
    let error = book.two_updates(End::InPanic).await.expect_err("the second stumbles");
    assert_eq!(error.kind(), ErrorKind::Handler);
    assert_eq!(book.seen().await?, seen(&["first", "first"], "first", 0).keys_of(&["first"]));
    book.two_updates(End::Well).await.expect("both go through");
    Ok(())
}

impl Seen {
    fn keys_of(mut self, keys: &[&str]) -> Self {
        self.keys = keys.iter().map(|key| (*key).to_owned()).collect();
        self
    }
}

#[do_runtime::test]
async fn an_asynchronous_handler_that_panics_keeps_what_it_committed(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    let error = book.stumble().await.expect_err("stumbles");
    assert_eq!(error.kind(), ErrorKind::Handler);
    assert_eq!(book.seen().await?.rows, ["before"]);
    Ok(())
}

#[do_runtime::test]
async fn fields_begin_with_their_defaults(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    assert_eq!(book.defaults().await?, (vec![1, 2, 3], 42));
    book.change_defaults().await?;
    assert_eq!(book.defaults().await?, (vec![], 0));
    kit.evict(&book).await?;
    assert_eq!(book.defaults().await?, (vec![], 42), "stored stays, ephemeral starts from its default");
    kit.crash().await?;
    assert_eq!(book.defaults().await?, (vec![], 42));
    Ok(())
}

#[do_runtime::test]
async fn delete_all_keeps_the_stored_fields(kit: TestKit) -> Result {
    let books = kit.objects().namespace::<Book>();
    let book = books.get_by_name("a");
    book.write("one", End::Well).await?;
    book.erase(End::InError).await.expect_err("kept after all");
    assert_eq!(book.seen().await?.rows, ["one"]);
    book.erase(End::Well).await?;
    assert_eq!(book.seen().await?, seen(&[], "one", 1));
    assert!(books.exists(book.id()).await?, "a stored field is not as at first");
    kit.crash().await?;
    assert_eq!(book.seen().await?, seen(&[], "one", 0));
    Ok(())
}

#[do_runtime::test]
async fn an_object_that_deletes_all_and_is_as_at_first_exists_no_more(kit: TestKit) -> Result {
    let books = kit.objects().namespace::<Book>();
    let book = books.get_by_name("a");
    book.write("one", End::Well).await?;
    book.change_defaults().await?;
    book.end().await?;
    assert!(!books.exists(book.id()).await?);
    assert_eq!(book.seen().await?, Seen::default());
    kit.crash().await?;
    assert!(!books.exists(book.id()).await?);
    assert_eq!(book.seen().await?, Seen::default());
    assert_eq!(book.defaults().await?, (vec![1, 2, 3], 42));
    book.write("two", End::Well).await?;
    assert_eq!(book.seen().await?.rows, ["two"]);
    Ok(())
}

#[do_runtime::test]
async fn what_is_written_after_delete_all_is_kept(kit: TestKit) -> Result {
    let books = kit.objects().namespace::<Book>();
    let book = books.get_by_name("a");
    book.write("one", End::Well).await?;
    book.erase_and_write("two").await?;
    assert_eq!(book.seen().await?.rows, ["two"]);
    assert!(books.exists(book.id()).await?);
    kit.crash().await?;
    assert_eq!(book.seen().await?, seen(&["two"], "two", 0));
    assert!(books.exists(book.id()).await?);
    Ok(())
}

#[do_runtime::test]
async fn sql_that_writes_is_invalid_in_a_reading_handler(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.write("one", End::Well).await?;
    assert_eq!(book.write_while_reading().await.expect_err("it writes").kind(), ErrorKind::Invalid);
    assert_eq!(book.seen().await?.rows, ["one"]);
    Ok(())
}
