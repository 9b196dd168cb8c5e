//! A stub of another process is used as one of this process is, and gives the same.

use std::collections::HashMap;

use do_runtime::http::BearerTokens;
use do_runtime::prelude::*;

use crate::desk::{AFAR, Clerk, Desk, DeskStub, Refusal, Shape};
use crate::server::Life;

/// What became of a call, to be compared.
fn shown<T: std::fmt::Debug, E: std::fmt::Debug>(result: std::result::Result<T, E>) -> String {
    format!("{result:?}")
}

/// The same calls of one object, and what came of each.
async fn conversation(desk: &DeskStub) -> Vec<(&'static str, String)> {
    let rows = HashMap::from([(7, Some("seven".to_owned())), (8, None)]);
    let shapes = vec![Shape::Point, Shape::Circle { radius: -0.5e300 }, Shape::Pair(255, i64::MIN)];
    let id = Uuid::from_u128(u128::MAX / 3);
    let mirrored =
        desk.mirror(shapes.clone(), rows.clone(), Timestamp::from_millis(-1), id, "é\0\"", vec![0, 128, 255]).await;
    let expected = (shapes, rows, Timestamp::from_millis(-1), id, "é\0\"".to_owned(), vec![0, 128, 255]);
    assert_eq!(mirrored, Ok(expected));
    let mut said = vec![
        ("put", shown(desk.put(5, None).await)),
        ("put with a note", shown(desk.put(i64::MAX / 4, Some("much".into())).await)),
        ("nothing", shown(desk.nothing().await)),
        ("refused", shown(desk.put(0, Some("why".into())).await)),
        ("take", shown(desk.take(4).await)),
        ("own error", shown(desk.take(i64::MAX).await)),
        ("own error without a field", shown(desk.take(0).await)),
        ("runtime error of a typed one", shown(desk.take(-1).await)),
        ("asynchronous", shown(desk.sleep(1).await)),
        ("look", shown(desk.look().await)),
        ("once", shown(desk.put(1, None).idempotency_key("once").await)),
        ("once again", shown(desk.put(1, None).idempotency_key("once").await)),
        ("once, but another", shown(desk.put(2, None).idempotency_key("once").await)),
        ("an empty key", shown(desk.look().idempotency_key("").await)),
        ("no trace", shown(desk.look().trace("this").await)),
        ("no duration", shown(desk.look().deadline("soon").await)),
        ("no time", shown(desk.look().deadline(secs(0)).await)),
        ("a bad policy", shown(desk.look().retry(RetryPolicy::default().factor(0.1)).await)),
        ("too much", shown(desk.mirror(vec![], HashMap::new(), Timestamp::default(), id, "", vec![0; 70_000]).await)),
    ];
    for kind in ["not_found", "conflict", "denied", "invalid", "interrupted", "deadline"] {
        said.push((kind, shown(desk.fail(kind).await)));
    }
    said.push(("how much is there", shown(desk.count().await)));
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_calls_give_the_same_results_and_the_same_errors() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let here = conversation(&life.objects.get_by_name::<Desk>("here")).await;
    let there = conversation(&afar.get_by_name::<Desk>("there")).await;
    for (here, there) in here.iter().zip(&there) {
        assert_eq!(here, there);
    }
    assert_eq!(here.len(), there.len());
    afar.close().await?;
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kind_of_each_error_comes_back_and_what_concerns_the_server_alone_does_not() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connector(life.url()).retry(RetryPolicy::default().attempts(1)).connect().await?;
    let (here, there) = (life.objects.get_by_name::<Desk>("ann"), afar.get_by_name::<Desk>("ann"));
    for kind in ["overloaded", "unavailable", "storage", "handler", "internal"] {
        let own = here.fail(kind).await.expect_err("it fails");
        let told = there.fail(kind).await.expect_err("it fails");
        assert_eq!(
            (told.kind(), told.is_retryable(), told.retry_after()),
            (own.kind(), own.is_retryable(), own.retry_after())
        );
    }
    let error = there.burst().await.expect_err("it panics");
    assert_eq!(error.kind(), ErrorKind::Handler);
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    assert_eq!(there.look().await?, 0, "nothing of it was kept");
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handlers_own_error_comes_back_as_its_type_whatever_its_status() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    match afar.get_by_name::<Desk>("ann").take(5).await {
        Err(CallError::User(Refusal::TooLittle { there: 0, rows })) => {
            assert_eq!(rows.into_iter().collect::<Vec<_>>(), [(7, vec![0, 255]), (8, vec![])]);
        }
        other => panic!("{other:?}"),
    }
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_are_the_same_from_here_and_from_afar() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let all = || vec![secs(2).into(), "2s 1ms".parse().expect("a period"), Period::default()];
    for objects in [&afar, &life.objects] {
        assert_eq!(objects.get_by_name::<Desk>("ann").longest(all()).await?, Some(millis(2001).into()));
    }
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_public_methods_are_there() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let error = afar.get_by_name::<Desk>("ann").secret().await.expect_err("it is not public");
    assert_eq!(
        (error.kind(), &*error.to_string()),
        (ErrorKind::NotFound, "`RemoteDesk` has no public method `secret`")
    );
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_addressed_by_its_name_or_by_an_id_that_the_server_knows() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let desks = afar.namespace::<Desk>();
    for name in ["lobby", "a/b é %2F..", "..", ".", "by-id", "?x#y", " ", "\u{0}\n", &"é".repeat(1024)] {
        desks.get_by_name(name).put(3, None).await.unwrap_or_else(|error| panic!("{name:?}: {error}"));
        assert_eq!(life.objects.get_by_name::<Desk>(name).look().await?, 3, "{name:?}");
        assert_eq!(desks.get_by_name(name).seen().await?.name.as_deref(), Some(name));
    }
    let error = desks.get_by_name("é".repeat(1025)).look().await.expect_err("it is too long");
    assert_eq!(shown::<(), _>(Err(error)), shown(life.objects.get_by_name::<Desk>("é".repeat(1025)).look().await));
    assert_eq!(desks.get_by_name("").look().await.expect_err("no path can say it").kind(), ErrorKind::Invalid);

    let id = desks.get_by_name("lobby").own_id().await?;
    let lobby = desks.get(desks.id_from_string(&id)?);
    assert_eq!((lobby.look().await?, lobby.id().to_string(), lobby.name()), (3, id, None));
    let unnamed = life.objects.namespace::<Desk>().new_unique_id();
    assert_eq!(afar.get::<Desk>(unnamed).put(9, None).await?, 9);
    assert_eq!(desks.get_by_name("lobby").name(), Some("lobby"));

    // What this process makes up is good for this process.
    assert_eq!(desks.get(desks.id_from_name("lobby")).look().await?, 3);
    for id in [desks.new_unique_id(), "00".repeat(32).parse()?] {
        let error = desks.get(id).look().await.expect_err("nobody made it");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    assert_eq!(desks.id_from_string("7").expect_err("no id").kind(), ErrorKind::Invalid);
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_server_can_do_says_so() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let afar = Objects::connect(life.url()).await?;
    let desks = afar.namespace::<Desk>();
    let id: ObjectId = desks.get_by_name("ann").own_id().await?.parse()?;
    let errors = [
        desks.list().all().map(drop).expect_err("listing"),
        desks.exists(id).await.expect_err("existence"),
        desks.delete(id).await.expect_err("deleting"),
        afar.journal_bytes().expect_err("the journal"),
        afar.serve("127.0.0.1:0").await.expect_err("serving"),
        desks.get_by_name("ann").look().caller("bob").await.expect_err("a caller"),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let clerk = life.objects.get_by_name::<Clerk>("ann");
    *AFAR.lock().expect("nobody panicked") = Some(afar.clone());
    let error = clerk.send_afar().await.expect_err("no message goes there");
    AFAR.lock().expect("nobody panicked").take();
    assert!(error.kind() == ErrorKind::Invalid && error.to_string().contains("`cx.send`"), "{error}");
    assert_eq!(format!("{afar:?}"), format!("Objects(at {})", life.url()));
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_with_a_call_travels() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| {
        server.deadline("20s").authenticate(BearerTokens::new([("a-token", "ann")]))
    })
    .await;
    let error = Objects::connector(life.url()).connect().await.map(drop);
    // Whether it says so at once or with the first call: nobody is known.
    let lazy = Objects::connector(life.url()).bearer("b-token").connect_lazily()?;
    let denied = lazy.get_by_name::<Desk>("ann").look().await.expect_err("nobody is known by it");
    assert_eq!(denied.kind(), ErrorKind::Denied, "{error:?}");
    let afar = Objects::connector(life.url()).bearer("a-token").header("x-more", "more").connect().await?;
    let desk = afar.get_by_name::<Desk>("ann");
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let seen = desk.seen().trace(trace).idempotency_key("k").deadline("5s").await?;
    assert_eq!((&*seen.caller, seen.trace.as_deref(), seen.key.as_deref()), ("ann", Some(trace), Some("k")));
    let waits = seen.waits.expect("a deadline");
    assert!((1..=5_000).contains(&waits), "{waits}");
    let waits = desk.seen().deadline("10m").await?.waits.expect("a deadline");
    assert!((10_000..=20_000).contains(&waits), "the server waits no longer than it says: {waits}");

    // Only what could do harm when it is repeated has a key of its own.
    assert!(desk.key().await?.is_some());
    assert_ne!(desk.key().await?, desk.key().await?);
    assert_eq!(desk.harmless_key().await?, None);
    let once = Objects::connector(life.url()).bearer("a-token").retry(RetryPolicy::default().attempts(1)).connect();
    assert_eq!(once.await?.get_by_name::<Desk>("ann").key().await?, None, "nothing is repeated");
    life.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_calls_another_process_on_behalf_of_its_request() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let life = Life::begin(folder.path(), |server| server).await;
    let own = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(own.path()).await?;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let clerk = objects.get_by_name::<Clerk>("ann");
    let (there, seen) = clerk.put_afar(life.url(), 4).trace(trace).deadline("7s").await?;
    assert_eq!((there, seen.trace.as_deref()), (4, Some(trace)));
    assert!(seen.waits.is_some_and(|waits| waits <= 7_000), "{seen:?}");
    objects.close().await?;
    life.stop().await
}
