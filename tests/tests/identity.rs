//! Who an object is, and when it is: names, ids, listing, the first write, `#[init]`.

use std::collections::HashSet;
use std::sync::Mutex;

use do_runtime::prelude::*;
use futures::future::{join, join_all};

#[durable_object]
struct Counter {
    #[stored]
    count: i64,
}

#[durable_object]
impl Counter {
    #[rpc]
    fn add(&mut self, by: i64) -> Result<i64> {
        self.count += by;
        Ok(self.count)
    }

    #[rpc]
    fn count(&self) -> Result<i64> {
        Ok(self.count)
    }

    #[rpc]
    fn fail(&mut self, cx: &mut Cx<Self>) -> Result {
        self.count += 1;
        cx.kv_mut().put("trace", &true)?;
        bail!("no")
    }

    #[rpc]
    fn touch(&mut self, cx: &mut Cx<Self>) -> Result<usize> {
        // A handler that could write, and does not.
        Ok(cx.kv().list().keys()?.len())
    }

    #[rpc]
    fn who(&self, cx: &Cx<Self>) -> Result<(String, String, Option<String>)> {
        Ok((cx.class().into(), cx.id().to_string(), cx.name().map(Into::into)))
    }
}

/// Another class, so that ids can be of the wrong one.
#[durable_object]
struct Other;

#[durable_object]
impl Other {
    #[rpc]
    fn mark(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.kv_mut().put("mark", &1)
    }
}

/// Names whose `#[init]` fails for now.
static BROKEN: Mutex<Option<HashSet<String>>> = Mutex::new(None);

fn break_init(name: &str, broken: Broken) {
    let mut names = BROKEN.lock().expect("no test panics while it holds this");
    let names = names.get_or_insert_default();
    match broken {
        Broken::Yes => names.insert(name.to_owned()),
        Broken::No => names.remove(name),
    };
}

enum Broken {
    Yes,
    No,
}

/// An object whose `#[init]` writes.
#[durable_object]
struct Prepared {
    #[stored]
    wakes: u32,
    #[ephemeral]
    prepared: bool,
}

#[durable_object]
impl Prepared {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        self.wakes += 1;
        self.prepared = true;
        cx.kv_mut().put("greeting", "hello")?;
        let name = cx.name().unwrap_or_default();
        let names = BROKEN.lock().expect("no test panics while it holds this");
        ensure!(!names.as_ref().is_some_and(|names| names.contains(name)), "{name} is not ready");
        Ok(())
    }

    #[rpc]
    fn greeting(&self, cx: &Cx<Self>) -> Result<Option<String>> {
        ensure!(self.prepared, "a handler ran before init");
        cx.kv().get("greeting")
    }

    #[rpc]
    fn wakes(&self) -> Result<u32> {
        Ok(self.wakes)
    }

    #[rpc]
    fn write(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.kv_mut().put("written", &true)
    }
}

#[do_runtime::test]
async fn the_same_name_is_the_same_object(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    kit.objects().get_by_name::<Counter>("a").add(3).await?;
    counters.get_by_name("a").add(4).await?;
    counters.get(counters.id_from_name("a")).add(5).await?;
    assert_eq!(kit.objects().get_by_name::<Counter>("a").count().await?, 12);
    assert_eq!(counters.get_by_name("A").count().await?, 0, "names are compared exactly");
    Ok(())
}

#[do_runtime::test]
async fn one_name_in_two_classes_is_two_objects(kit: TestKit) -> Result {
    let counter = kit.objects().namespace::<Counter>().id_from_name("a");
    let other = kit.objects().namespace::<Other>().id_from_name("a");
    assert_ne!(counter, other);
    kit.objects().get_by_name::<Other>("a").mark().await?;
    assert!(!kit.objects().namespace::<Counter>().exists(counter).await?);
    Ok(())
}

#[do_runtime::test]
async fn names_may_be_any_text(kit: TestKit) -> Result {
    let names = ["", " ", "a/b", "ä", "🦀", "a\0b", "%", "_", "'; DROP TABLE x; --"];
    for (n, name) in names.iter().enumerate() {
        kit.objects().get_by_name::<Counter>(name).add(1 + n as i64).await?;
    }
    for (n, name) in names.iter().enumerate() {
        let counter = kit.objects().get_by_name::<Counter>(name);
        assert_eq!(counter.count().await?, 1 + n as i64, "{name:?}");
        assert_eq!(counter.who().await?.2.as_deref(), Some(*name));
    }
    Ok(())
}

#[do_runtime::test]
async fn a_name_that_is_too_long_is_invalid_when_called(kit: TestKit) -> Result {
    let longest = "n".repeat(2048);
    kit.objects().get_by_name::<Counter>(&longest).add(1).await?;
    let longer = kit.objects().get_by_name::<Counter>(longest + "n");
    let error = longer.add(1).await.expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("2048"), "{error}");
    Ok(())
}

#[do_runtime::test]
async fn unique_ids_differ_and_have_no_name(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let ids: HashSet<ObjectId> = (0..1000).map(|_| counters.new_unique_id()).collect();
    assert_eq!(ids.len(), 1000);
    let id = counters.new_unique_id();
    let counter = counters.get(id);
    counter.add(1).await?;
    assert_eq!(counter.name(), None);
    assert_eq!(counter.id(), id);
    assert_eq!(counter.who().await?, ("Counter".into(), id.to_string(), None));
    Ok(())
}

#[do_runtime::test]
async fn an_id_comes_back_from_its_text(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    for id in [counters.new_unique_id(), counters.id_from_name("a")] {
        let text = id.to_string();
        assert_eq!(text.len(), 64);
        assert!(text.bytes().all(|digit| digit.is_ascii_hexdigit()), "{text}");
        assert_eq!(counters.id_from_string(&text)?, id);
    }
    Ok(())
}

#[do_runtime::test]
async fn an_id_that_was_made_up_is_refused(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let real = counters.id_from_name("a").to_string();
    // Every digit counts.
    for at in 0..64 {
        let mut forged = real.clone().into_bytes();
        forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
        let forged = String::from_utf8(forged).or_invalid()?;
        let error = counters.id_from_string(&forged).expect_err("forged");
        assert_eq!(error.kind(), ErrorKind::Invalid, "digit {at}");
    }
    for text in ["", "lobby", &real[1..], &format!("{real}0"), &"é".repeat(32), &"z".repeat(64)] {
        let error = counters.id_from_string(text).expect_err("no id");
        assert_eq!(error.kind(), ErrorKind::Invalid, "{text:?}");
    }
    Ok(())
}

#[do_runtime::test]
async fn an_id_of_another_class_is_refused(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let foreign = kit.objects().namespace::<Other>().new_unique_id();
    let error = counters.id_from_string(foreign.to_string()).expect_err("of another class");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("Counter"), "{error}");
    assert_eq!(counters.get(foreign).add(1).await.expect_err("foreign").kind(), ErrorKind::Invalid);
    assert_eq!(counters.exists(foreign).await.expect_err("foreign").kind(), ErrorKind::Invalid);
    assert_eq!(counters.delete(foreign).await.expect_err("foreign").kind(), ErrorKind::Invalid);
    Ok(())
}

#[do_runtime::test]
async fn ids_of_names_outlive_a_restart_and_a_crash(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let id = counters.id_from_name("a");
    counters.get_by_name("a").add(1).await?;
    kit.restart().await?;
    assert_eq!(counters.id_from_name("a"), id);
    kit.crash().await?;
    assert_eq!(counters.id_from_name("a"), id);
    assert_eq!(counters.get(id).count().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn an_object_that_is_woken_by_id_knows_its_name(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let id = counters.id_from_name("lobby");
    counters.get_by_name("lobby").add(1).await?;
    for _ in 0..3 {
        let text = id.to_string();
        kit.restart().await?;
        let counter = counters.get(counters.id_from_string(&text)?);
        assert_eq!(counter.who().await?.2.as_deref(), Some("lobby"));
        counter.add(1).await?;
        kit.crash().await?;
        assert_eq!(counters.get(id).who().await?.2.as_deref(), Some("lobby"));
    }
    Ok(())
}

#[tokio::test]
async fn an_object_tells_its_name_to_a_process_that_never_heard_it() -> Result {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::open(folder.path()).await?;
    let id = objects.get_by_name::<Counter>("lobby").id().to_string();
    objects.get_by_name::<Counter>("lobby").add(1).await?;
    objects.close().await?;
    let objects = Objects::open(folder.path()).await?;
    let counters = objects.namespace::<Counter>();
    let counter = counters.get(counters.id_from_string(&id)?);
    assert_eq!(counter.who().await?.2.as_deref(), Some("lobby"));
    objects.close().await
}

#[do_runtime::test]
async fn an_object_that_is_created_by_the_id_of_its_name_knows_its_name(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let counter = counters.get(counters.id_from_name("lobby"));
    counter.add(1).await?;
    assert_eq!(counter.who().await?.2.as_deref(), Some("lobby"));
    kit.crash().await?;
    assert_eq!(counter.who().await?.2.as_deref(), Some("lobby"));
    let names: Vec<_> = counters.list().all()?.into_iter().map(|listed| listed.name).collect();
    assert_eq!(names, [Some("lobby".into())]);
    Ok(())
}

#[do_runtime::test]
async fn an_object_exists_from_its_first_committed_write(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let counter = counters.get_by_name("a");
    assert!(!counters.exists(counter.id()).await?);
    assert_eq!(counter.count().await?, 0);
    assert_eq!(counter.touch().await?, 0);
    counter.fail().await.expect_err("fails");
    assert!(!counters.exists(counter.id()).await?, "reading and failing create nothing");
    assert!(kit.list::<Counter>().await?.is_empty());
    kit.evict_all().await?;
    assert!(!counters.exists(counter.id()).await?);
    counter.add(1).await?;
    assert!(counters.exists(counter.id()).await?);
    assert_eq!(kit.list::<Counter>().await?, [counter.id()]);
    kit.crash().await?;
    assert!(counters.exists(counter.id()).await?);
    Ok(())
}

#[do_runtime::test]
async fn a_deleted_object_is_gone_and_its_name_begins_anew(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let counter = counters.get_by_name("a");
    counter.add(7).await?;
    counters.get_by_name("b").add(1).await?;
    assert!(counters.delete(counter.id()).await?);
    assert!(!counters.exists(counter.id()).await?);
    assert!(!counters.delete(counter.id()).await?, "there is nothing left to delete");
    assert_eq!(kit.list::<Counter>().await?, [counters.id_from_name("b")]);
    kit.crash().await?;
    assert!(!counters.exists(counter.id()).await?);
    assert_eq!(counter.count().await?, 0);
    assert_eq!(counter.add(1).await?, 1);
    assert!(counters.exists(counter.id()).await?);
    assert_eq!(counters.get_by_name("b").count().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn an_object_is_deleted_asleep_as_well(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let counter = counters.get_by_name("a");
    counter.add(7).await?;
    kit.restart().await?;
    assert!(counters.delete(counter.id()).await?);
    assert!(kit.awake().is_empty(), "deleting wakes nothing");
    assert_eq!(counter.count().await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn calls_beside_a_deletion_see_all_or_nothing(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    let counter = counters.get_by_name("a");
    counter.add(1000).await?;
    let adding = join_all((0..50).map(|_| counter.add(1)));
    let (answers, deleted) = join(adding, counters.delete(counter.id())).await;
    assert!(deleted?);
    let answers: Vec<i64> = answers.into_iter().collect::<Result<_>>()?;
    let (before, after): (Vec<i64>, Vec<i64>) = answers.iter().partition(|count| **count > 1000);
    assert_eq!(before, (1001..).take(before.len()).collect::<Vec<_>>());
    assert_eq!(after, (1..).take(after.len()).collect::<Vec<_>>());
    assert_eq!(counter.count().await?, after.len() as i64);
    Ok(())
}

#[do_runtime::test]
async fn a_listing_is_in_the_order_of_names_and_wakes_nothing(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    for name in ["pear", "apple", "plum", "app"] {
        counters.get_by_name(name).add(1).await?;
    }
    let unnamed = counters.new_unique_id();
    counters.get(unnamed).add(1).await?;
    kit.objects().get_by_name::<Other>("of another class").mark().await?;
    kit.restart().await?;
    let listed = counters.list().all()?;
    let names: Vec<Option<&str>> = listed.iter().map(|listed| listed.name.as_deref()).collect();
    assert_eq!(names, [Some("app"), Some("apple"), Some("pear"), Some("plum"), None]);
    assert_eq!(listed[4].id, unnamed);
    assert_eq!(listed[0].id, counters.id_from_name("app"));
    assert!(kit.awake().is_empty());
    Ok(())
}

#[do_runtime::test]
async fn a_listing_takes_a_prefix_as_it_is(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    for name in ["a", "a%", "a%b", "ab", "a_", "ä", "b", "A", "a\u{10FFFF}", "a\u{10FFFF}z"] {
        counters.get_by_name(name).add(1).await?;
    }
    let names = |prefix: &str| -> Result<Vec<String>> {
        let all = counters.list().prefix(prefix).all()?;
        Ok(all.into_iter().filter_map(|listed| listed.name.map(|name| name.to_string())).collect())
    };
    assert_eq!(names("a%")?, ["a%", "a%b"]);
    assert_eq!(names("a_")?, ["a_"]);
    assert_eq!(names("a")?, ["a", "a%", "a%b", "a_", "ab", "a\u{10FFFF}", "a\u{10FFFF}z"]);
    assert_eq!(names("a\u{10FFFF}")?, ["a\u{10FFFF}", "a\u{10FFFF}z"]);
    assert_eq!(names("ä")?, ["ä"]);
    assert_eq!(names("c")?, Vec::<String>::new());
    assert_eq!(names("")?.len(), 10);
    Ok(())
}

#[do_runtime::test]
async fn a_listing_is_read_page_by_page(kit: TestKit) -> Result {
    let counters = kit.objects().namespace::<Counter>();
    for n in 0..25 {
        counters.get_by_name(format!("n{n:02}")).add(1).await?;
    }
    for _ in 0..5 {
        counters.get(counters.new_unique_id()).add(1).await?;
    }
    let all = counters.list().all()?;
    assert_eq!(all.len(), 30);
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let list = counters.list().limit(7);
        let page = match cursor.take() {
            Some(cursor) => list.after(cursor),
            None => list,
        }
        .all()?;
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 7);
        cursor = Some(last.cursor());
        paged.extend(page);
    }
    assert_eq!(paged, all);
    assert!(counters.list().limit(0).all()?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_init_writes_for_a_missing_object_is_kept_only_with_a_handlers_write(kit: TestKit) -> Result {
    let objects = kit.objects().namespace::<Prepared>();
    let object = objects.get_by_name("a");
    assert_eq!(object.greeting().await?.as_deref(), Some("hello"), "handlers see what init wrote");
    assert_eq!(object.wakes().await?, 1);
    assert!(!objects.exists(object.id()).await?);
    kit.evict(&object).await?;
    assert_eq!(object.wakes().await?, 1, "the first wake was not kept");
    assert!(!objects.exists(object.id()).await?);
    kit.crash().await?;
    object.write().await?;
    assert!(objects.exists(object.id()).await?);
    kit.evict(&object).await?;
    assert_eq!(object.wakes().await?, 2, "the wake that came with a write was kept");
    kit.crash().await?;
    assert_eq!(object.wakes().await?, 3, "and every one of an object that exists");
    Ok(())
}

#[do_runtime::test]
async fn an_init_that_fails_keeps_the_object_asleep(kit: TestKit) -> Result {
    let object = kit.objects().get_by_name::<Prepared>("failing");
    object.write().await?;
    kit.evict(&object).await?;
    break_init("failing", Broken::Yes);
    for answer in join_all((0..10).map(|_| object.wakes())).await {
        let error = answer.expect_err("init fails");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("failing is not ready"), "{error}");
    }
    assert!(kit.awake().is_empty());
    break_init("failing", Broken::No);
    assert_eq!(object.wakes().await?, 2, "nothing of the wakes that failed was kept");
    Ok(())
}

#[do_runtime::test]
async fn an_init_that_fails_for_a_missing_object_creates_nothing(kit: TestKit) -> Result {
    let objects = kit.objects().namespace::<Prepared>();
    let object = objects.get_by_name("missing");
    break_init("missing", Broken::Yes);
    object.write().await.expect_err("init fails");
    assert!(!objects.exists(object.id()).await?);
    break_init("missing", Broken::No);
    object.write().await?;
    assert_eq!(object.wakes().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn a_stub_knows_its_object_without_waking_it(kit: TestKit) -> Result {
    let counter = kit.objects().get_by_name::<Counter>("a");
    assert_eq!(counter.name(), Some("a"));
    assert_eq!(counter.class(), "Counter");
    assert_eq!(counter.id(), kit.objects().namespace::<Counter>().id_from_name("a"));
    assert!(kit.awake().is_empty());
    Ok(())
}
