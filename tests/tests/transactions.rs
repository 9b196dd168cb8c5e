//! The rules of dsl.md that make handlers safe: what a failure undoes, what cannot be awaited, limits.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    #[key]
    id: Id<Line>,
    text: String,
}

/// What an object holds, of each kind.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Seen {
    rows: Vec<String>,
    keys: Vec<String>,
    stored: String,
    ephemeral: u32,
}

/// How a handler ends.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum End {
    Well,
    InError,
    InPanic,
}

#[durable_object(tables(Line))]
struct Book {
    #[stored]
    stored: String,
    #[ephemeral]
    ephemeral: u32,
    #[stored(default = vec![1, 2, 3])]
    numbers: Vec<u32>,
    #[ephemeral(default = 40 + 2)]
    answer: u32,
}

#[durable_object]
impl Book {
    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>, what: &str, end: End) -> Result {
        self.put(cx, what)?;
        match end {
            End::Well => Ok(()),
            End::InError => bail!("the writer of {what} gave up"),
            End::InPanic => panic!("the writer of {what} stumbled"),
        }
    }

    fn put(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.insert(Line::new(what))?;
        cx.kv_mut().put(what, &1)?;
        self.stored = what.to_owned();
        self.ephemeral += 1;
        Ok(())
    }

    #[rpc]
    fn seen(&self, cx: &Cx<Self>) -> Result<Seen> {
        Ok(Seen {
            rows: cx.sql_unchecked("SELECT text FROM line ORDER BY id", ()).all()?,
            keys: cx.kv().list().keys()?,
            stored: self.stored.clone(),
            ephemeral: self.ephemeral,
        })
    }

    /// A part that fails is undone alone.
    #[rpc]
    fn part(&mut self, cx: &mut Cx<Self>, outer: &str, inner: &str, end: End) -> Result<bool> {
        self.put(cx, outer)?;
        let part = cx.savepoint(self, |me, cx| me.write(cx, inner, end));
        Ok(part.is_ok())
    }

    /// Savepoints within savepoints: `a` is kept, `b` and what is in it is not.
    #[rpc]
    fn nested(&mut self, cx: &mut Cx<Self>) -> Result<Vec<String>> {
        self.put(cx, "a")?;
        let mut on_the_way = Vec::new();
        let undone: Result = cx.savepoint(self, |me, cx| {
            me.put(cx, "b")?;
            cx.savepoint(me, |me, cx| me.put(cx, "c"))?;
            let innermost: Result = cx.savepoint(me, |me, cx| {
                me.put(cx, "d")?;
                bail!("d is not wanted")
            });
            assert!(innermost.is_err());
            on_the_way.push(me.stored.clone());
            bail!("b is not wanted")
        });
        assert!(undone.is_err());
        on_the_way.push(self.stored.clone());
        Ok(on_the_way)
    }

    /// A handler called by a handler is a plain call in the same transaction.
    #[rpc]
    fn twice(&mut self, cx: &mut Cx<Self>, first: &str, second: &str, end: End) -> Result {
        self.write(cx, first, End::Well)?;
        self.write(cx, second, end)
    }

    #[rpc]
    fn defaults(&self) -> Result<(Vec<u32>, u32)> {
        Ok((self.numbers.clone(), self.answer))
    }

    #[rpc]
    fn change_defaults(&mut self) -> Result {
        self.numbers.clear();
        self.answer = 0;
        Ok(())
    }

    #[rpc]
    fn erase(&mut self, cx: &mut Cx<Self>, end: End) -> Result {
        cx.delete_all()?;
        match end {
            End::Well => Ok(()),
            _ => bail!("keep it after all"),
        }
    }

    /// As at first: an object that holds nothing does not exist.
    #[rpc]
    fn end(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.delete_all()?;
        self.stored.clear();
        self.numbers = vec![1, 2, 3];
        Ok(())
    }

    #[rpc]
    fn erase_and_write(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.delete_all()?;
        self.put(cx, what)
    }

    /// Polls a stub inside a synchronous handler, which is wrong.
    #[rpc]
    fn poll_a_stub(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<KindName> {
        let other = cx.objects().get_by_name::<Book>(name);
        match poll_once(other.seen()) {
            Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
            Poll::Ready(Ok(_)) => bail!("the call went through"),
            Poll::Pending => bail!("the call hangs"),
        }
    }

    #[rpc]
    fn poll_a_stub_reading(&self, cx: &Cx<Self>, name: &str) -> Result<KindName> {
        let other = cx.objects().get_by_name::<Book>(name);
        match poll_once(other.seen()) {
            Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
            Poll::Ready(Ok(_)) => bail!("the call went through"),
            Poll::Pending => bail!("the call hangs"),
        }
    }

    /// An update inside an update, which is wrong.
    #[rpc]
    async fn nest_updates(this: This<Self>) -> Result<KindName> {
        let inner = this.clone();
        this.update(|me, cx| {
            me.put(cx, "outer")?;
            match poll_once(inner.update(|me, cx| me.put(cx, "inner"))) {
                Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
                Poll::Ready(Ok(())) => bail!("the update went through"),
                Poll::Pending => bail!("the update hangs"),
            }
        })
        .await
    }

    #[rpc]
    async fn nest_reads(this: This<Self>) -> Result<KindName> {
        let inner = this.clone();
        this.read(|_, _| match poll_once(inner.read(|me, _| Ok(me.ephemeral))) {
            Poll::Ready(Err(error)) => Ok(KindName(error.kind().as_str().into())),
            Poll::Ready(Ok(_)) => bail!("the read went through"),
            Poll::Pending => bail!("the read hangs"),
        })
        .await
    }

    /// Writes in two transactions, the second of which fails.
    #[rpc]
    async fn two_updates(this: This<Self>, end: End) -> Result {
        this.update(|me, cx| me.put(cx, "first")).await?;
        let borrowed = String::from("second");
        this.update(|me, cx| me.write(cx, &borrowed, end)).await
    }

    /// Panics outside its closures.
    #[rpc]
    async fn stumble(this: This<Self>) -> Result {
        this.update(|me, cx| me.put(cx, "before")).await?;
        panic!("stumbled")
    }

    #[rpc]
    fn store(&mut self, bytes: usize) -> Result {
        self.stored = "x".repeat(bytes);
        Ok(())
    }

    /// An SQL text that writes, in a reading handler.
    #[rpc]
    fn write_while_reading(&self, cx: &Cx<Self>) -> Result<u64> {
        cx.sql_unchecked("DELETE FROM line", ()).run()
    }
}

/// A kind as text: kinds are not serialized.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct KindName(String);

fn invalid() -> KindName {
    KindName("invalid".into())
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future);
    future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()))
}

fn seen(rows: &[&str], stored: &str, ephemeral: u32) -> Seen {
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    let mut keys = rows.clone();
    keys.sort();
    Seen { rows, keys, stored: stored.into(), ephemeral }
}

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
async fn stored_fields_take_at_most_256_kib(kit: TestKit) -> Result {
    let book = kit.objects().get_by_name::<Book>("a");
    book.store(250 * 1024).await?;
    let error = book.store(257 * 1024).await.expect_err("too much");
    assert!(error.to_string().contains("`stored`"), "the largest field is named: {error}");
    assert_eq!(book.seen().await?.stored.len(), 250 * 1024, "nothing of it was kept");
    kit.crash().await?;
    assert_eq!(book.seen().await?.stored.len(), 250 * 1024);
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

#[durable_object(limits(value = "1KiB", argument = "2KiB", queue = 3, transaction = "64KiB"))]
struct Small;

#[durable_object]
impl Small {
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, key: &str, bytes: usize) -> Result {
        cx.kv_mut().put(key, "x".repeat(bytes).as_str())
    }

    #[rpc]
    fn put_many(&mut self, cx: &mut Cx<Self>, count: usize) -> Result {
        for n in 0..count {
            cx.kv_mut().put(&format!("key {n}"), "x".repeat(900).as_str())?;
        }
        Ok(())
    }

    #[rpc]
    fn keys(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        cx.kv().list().keys()
    }

    #[rpc]
    fn take(&self, text: String) -> Result<usize> {
        Ok(text.len())
    }
}

#[do_runtime::test]
async fn a_value_that_is_too_long_is_refused_and_loses_nothing(kit: TestKit) -> Result {
    let small = kit.objects().get_by_name::<Small>("a");
    small.put("fits", 900).await?;
    let error = small.put("long", 1100).await.expect_err("too long");
    assert!(error.to_string().contains("limits(value"), "the limit is in the sentence: {error}");
    assert_eq!(small.keys().await?, ["fits"]);
    small.put("again", 900).await?;
    Ok(())
}

#[do_runtime::test]
async fn arguments_that_are_too_long_are_refused(kit: TestKit) -> Result {
    let small = kit.objects().get_by_name::<Small>("a");
    assert_eq!(small.take("x".repeat(2000)).await?, 2000);
    let error = small.take("x".repeat(3000)).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("`take`") && error.to_string().contains("2048"), "{error}");
    Ok(())
}

#[do_runtime::test]
async fn a_transaction_that_is_too_large_is_refused_and_loses_nothing(kit: TestKit) -> Result {
    let small = kit.objects().get_by_name::<Small>("a");
    small.put_many(10).await?;
    small.put_many(500).await.expect_err("too large");
    assert_eq!(small.keys().await?.len(), 10);
    small.put("again", 10).await?;
    kit.crash().await?;
    assert_eq!(small.keys().await?.len(), 11);
    Ok(())
}

#[do_runtime::test]
async fn a_full_queue_is_overloaded_at_once(kit: TestKit) -> Result {
    // Given an object that sleeps, so that calls wait until it is awake
    let small = kit.objects().get_by_name::<Small>("a");
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(small.keys())).collect();
    // When more calls come than may wait
    let answers: Vec<_> =
        poll_fn(|cx| Poll::Ready(calls.iter_mut().map(|call| call.as_mut().poll(cx)).collect())).await;
    let refused: Vec<&Error> = answers
        .iter()
        .filter_map(|answer| match answer {
            Poll::Ready(Err(error)) => Some(error),
            _ => None,
        })
        .collect();
    // Then the first three wait, and the others are told at once
    assert_eq!(refused.len(), 2, "{answers:?}");
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        assert!(!error.is_retryable());
    }
    for call in calls.into_iter().take(3) {
        call.await?;
    }
    assert!(small.keys().await.is_ok(), "there is room again");
    Ok(())
}
