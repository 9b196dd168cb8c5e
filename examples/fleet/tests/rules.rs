//! The rules of the tree.

use std::collections::BTreeSet;

use do_runtime::prelude::*;
use fleet::{Info, Node, NodeStub, path};

fn node(kit: &TestKit, path: &str) -> NodeStub {
    kit.objects().get_by_name::<Node>(path)
}

/// Makes nodes, each after its manager.
async fn create(kit: &TestKit, paths: &[&str]) -> Result {
    for path in paths {
        let (manager, name) = path::split(path).context("the root is there")?;
        assert_eq!(node(kit, manager).create(name).await?, *path);
    }
    Ok(())
}

const TEAM: &[&str] = &[
    "/team",
    "/team/moon",
    "/team/moon/build",
    "/team/moon/build/hull",
    "/team/moon/launch",
    "/team/mars",
    "/team/mars/land",
];

async fn names(kit: &TestKit, path: &str) -> Result<Vec<String>> {
    Ok(node(kit, path).info().await?.children.into_iter().map(|child| child.name).collect())
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

/// All nodes that the tree has, from the root down: each has a row at its manager, and is there.
async fn tree(kit: &TestKit) -> Result<BTreeSet<String>> {
    let mut seen = BTreeSet::new();
    let mut left = vec![path::ROOT.to_owned()];
    while let Some(path) = left.pop() {
        let Info { children, .. } =
            node(kit, &path).info().await.map_err(|error| error.context(format!("{path} has a row")))?;
        for child in children {
            left.push(path::child(&path, &child.name)?);
        }
        seen.insert(path);
    }
    Ok(seen)
}

/// What is stored is what the tree has: nothing was left behind.
async fn nothing_is_left_beside_the_tree(kit: &TestKit) -> Result {
    kit.advance("2h").await;
    let tree: BTreeSet<_> = tree(kit).await?.iter().map(|path| node(kit, path).id()).collect();
    let mut stored: BTreeSet<_> = kit.list::<Node>().await?.into_iter().collect();
    stored.insert(node(kit, path::ROOT).id()); // it is there before anything is written
    assert_eq!(stored, tree);
    Ok(())
}

#[do_runtime::test]
async fn nodes_are_created_listed_and_addressed_by_path(kit: TestKit) -> Result {
    create(&kit, TEAM).await?;
    assert_eq!(names(&kit, "/").await?, ["team"]);
    assert_eq!(names(&kit, "/team").await?, ["mars", "moon"]);
    assert_eq!(names(&kit, "/team/moon/build").await?, ["hull"]);
    assert_eq!(node(&kit, "/team/mars/land").info().await?.path, "/team/mars/land");
    assert_eq!(kind(node(&kit, "/team/venus").info().await), Some(ErrorKind::NotFound));
    assert_eq!(kind(node(&kit, "/team/venus").create("x").await), Some(ErrorKind::NotFound));
    assert_eq!(kind(node(&kit, "/team").create("moon").await), Some(ErrorKind::Conflict));
    nothing_is_left_beside_the_tree(&kit).await
}

#[do_runtime::test]
async fn nesting_ends_where_names_of_objects_end_and_says_so(kit: TestKit) -> Result {
    let mut path = path::ROOT.to_owned();
    let error = loop {
        match node(&kit, &path).create("nest").await {
            Ok(child) => path = child,
            Err(error) => break error,
        }
    };
    assert_eq!(path.len(), 2_045);
    assert_eq!(error.to_string(), "a path has at most 2048 characters, and this one would have 2050");
    node(&kit, "/").delete("nest").await?;
    kit.settle().await;
    nothing_is_left_beside_the_tree(&kit).await
}

#[do_runtime::test]
async fn a_manager_hears_of_its_children_and_lists_them_without_waking_them(kit: TestKit) -> Result {
    create(&kit, TEAM).await?;
    node(&kit, "/team/moon").report("on fire").await?;
    kit.settle().await;
    kit.evict_all().await?;
    let info = node(&kit, "/team").info().await?;
    assert_eq!(info.children[1].status, "on fire");
    assert_eq!(kit.awake(), [node(&kit, "/team").id()]);
    Ok(())
}

#[do_runtime::test]
async fn a_subtree_is_deleted_whole_although_the_power_goes_at_any_point(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    create(&kit, &["/other", "/other/stays"]).await?;
    for cut in 0_u32.. {
        create(&kit, TEAM).await?;
        kit.settle().await;
        kit.disk().cut_power_after(u64::from(cut));
        let asked = node(&kit, "/").delete("team").await;
        kit.settle().await;
        let uncut = names(&kit, "/").await.is_ok_and(|names| names == ["other"]);
        // The first start is cut short, too, and may fail for it.
        let _ = kit.crash_and_cut(None, u64::from(cut % 13)).await;
        kit.settle().await;
        kit.crash().await?;
        if asked.is_err() {
            let again = kind(node(&kit, "/").delete("team").await);
            assert!(matches!(again, None | Some(ErrorKind::NotFound)), "{again:?}");
        }
        kit.settle().await;
        let tree: Vec<String> = tree(&kit).await?.into_iter().collect();
        assert_eq!(tree, ["/", "/other", "/other/stays"], "power cut after {cut} steps");
        for path in TEAM {
            assert_eq!(kind(node(&kit, path).info().await), Some(ErrorKind::NotFound), "{path} after {cut} steps");
        }
        nothing_is_left_beside_the_tree(&kit).await?;
        if uncut {
            assert!(cut > 20, "only {cut} points were tried");
            return Ok(());
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn a_row_and_its_child_never_disagree_although_the_power_goes_at_any_point(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    for cut in 0_u32.. {
        let name = format!("agent-{cut}");
        kit.disk().cut_power_after(u64::from(cut));
        let created = node(&kit, "/").create(&name).await;
        let uncut = node(&kit, "/").report("still on").await.is_ok();
        kit.crash().await?;
        kit.settle().await;
        let tree = tree(&kit).await?;
        assert!(created.is_err() || tree.contains(&format!("/{name}")), "what was told is kept");
        nothing_is_left_beside_the_tree(&kit).await?;
        if uncut {
            assert!(cut > 2, "only {cut} points were tried");
            return Ok(());
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn whoever_is_created_while_the_subtree_goes_goes_too(kit: TestKit) -> Result {
    for moment in 0..60 {
        create(&kit, TEAM).await?;
        node(&kit, "/").delete("team").await?;
        for _ in 0..moment {
            tokio::task::yield_now().await;
        }
        for manager in ["/team/moon/build/hull", "/team/moon", "/team/mars", "/team"] {
            drop(node(&kit, manager).create("late").await); // it is in time, or not
        }
        kit.settle().await;
        assert_eq!(tree(&kit).await?.len(), 1, "created at {moment}");
    }
    nothing_is_left_beside_the_tree(&kit).await
}

#[do_runtime::test]
async fn so_it_does_in_whatever_order_tasks_and_threads_run() -> Result {
    for seed in 1..=12 {
        let kit = TestKit::shuffled(seed).await?;
        create(&kit, TEAM).await?;
        let asked = ["/team/moon", "/team/mars", "/team/moon/build/hull", "/team"].map(|path| {
            let manager = node(&kit, path);
            kit.spawn(async move { manager.create("late").await })
        });
        let root = node(&kit, "/");
        let deleting = kit.spawn(async move { root.delete("team").await });
        kit.settle().await;
        for asked in asked {
            drop(asked.await); // it was in time, or not
        }
        deleting.await?;
        kit.settle().await;
        assert_eq!(tree(&kit).await?.len(), 1, "seed {seed}");
        nothing_is_left_beside_the_tree(&kit).await?;
    }
    Ok(())
}

#[do_runtime::test]
async fn what_was_meant_for_a_former_life_comes_too_late(kit: TestKit) -> Result {
    create(&kit, &["/team", "/team/mars"]).await?;
    let former = node(&kit, "/").info().await?.children[0].life;
    node(&kit, "/").delete("team").await?;
    kit.settle().await;
    // As though it had been on its way all the time.
    kit.inside(&node(&kit, "/"), |_, cx| cx.send(node(&kit, "/team").begin(former))).await?;
    kit.advance("5m").await;
    assert_eq!(kind(node(&kit, "/team").info().await), Some(ErrorKind::NotFound));
    create(&kit, &["/team", "/team/mars"]).await?;
    kit.inside(&node(&kit, "/"), |_, cx| cx.send(node(&kit, "/team").end(former))).await?;
    kit.inside(&node(&kit, "/team"), |_, cx| cx.send(node(&kit, "/").gone("team", former))).await?;
    kit.settle().await;
    assert_eq!(Vec::from_iter(tree(&kit).await?), ["/", "/team", "/team/mars"]);
    nothing_is_left_beside_the_tree(&kit).await
}

#[do_runtime::test]
async fn a_name_is_free_again_when_the_subtree_has_gone_and_not_before(kit: TestKit) -> Result {
    create(&kit, TEAM).await?;
    kit.settle().await;
    kit.hold_deliveries(true);
    node(&kit, "/").delete("team").await?;
    assert_eq!(kind(node(&kit, "/").create("team").await), Some(ErrorKind::Conflict));
    node(&kit, "/").delete("team").await?; // to ask again is no matter
    kit.crash().await?;
    kit.hold_deliveries(false);
    kit.settle().await;
    create(&kit, &["/team", "/team/mars"]).await?;
    kit.advance("2h").await; // who had the path before is forgotten
    assert_eq!(names(&kit, "/team").await?, ["mars"]);
    assert_eq!(names(&kit, "/team/mars").await?, [""; 0]);
    nothing_is_left_beside_the_tree(&kit).await
}

#[do_runtime::test]
async fn a_name_can_not_escape_its_subtree(kit: TestKit) -> Result {
    create(&kit, &["/team", "/other"]).await?;
    let long = "x".repeat(65);
    for name in [
        "",
        ".",
        "..",
        "...",
        "../other",
        "a/b",
        "/",
        "/other",
        "a/",
        "%2F",
        "..%2Fother",
        "%2e%2e",
        "a\\b",
        "..\\other",
        "a\0b",
        "a b",
        "ä",
        "／",
        "․․",
        ".hidden",
        "a\n",
        &long,
    ] {
        assert_eq!(kind(node(&kit, "/team").create(name).await), Some(ErrorKind::Invalid), "{name:?}");
        assert_eq!(kind(node(&kit, "/team").delete(name).await), Some(ErrorKind::NotFound), "{name:?}");
    }
    let error = node(&kit, "/team").create("../other").await.err().context("it was made")?;
    assert_eq!(error.to_string(), "a name has letters, digits, '-', '_' and '.' in it, and no '/'");
    // Paths are compared as text: none of these is `/other`, and nobody is there.
    for path in ["/team/../other", "//other", "/other/", "/./other", "other", "/team/..", "/%6fther", "", "//"] {
        assert_eq!(kind(node(&kit, path).info().await), Some(ErrorKind::NotFound), "{path:?}");
        assert_eq!(kind(node(&kit, path).create("x").await), Some(ErrorKind::NotFound), "{path:?}");
    }
    assert_eq!(Vec::from_iter(tree(&kit).await?), ["/", "/other", "/team"]);
    nothing_is_left_beside_the_tree(&kit).await
}

#[do_runtime::test]
async fn encoded_slashes_of_a_url_do_not_escape_either(kit: TestKit) -> Result {
    create(&kit, &["/team", "/other"]).await?;
    let post = async |path: &str, body: &'static str| Ok::<_, Error>(kit.fetch("POST", path, body).await?.code());
    assert_eq!(post("/rpc/Node/%2Fteam/create", r#"{"name":"moon"}"#).await?, 200);
    assert_eq!(post("/rpc/Node/%2Fteam%2Fmoon/info", "").await?, 200);
    for name in [r#"{"name":"..%2Fother"}"#, r#"{"name":"../other"}"#, r#"{"name":"\u002e\u002e"}"#] {
        assert_eq!(post("/rpc/Node/%2Fteam/create", name).await?, 422, "{name}");
    }
    for path in ["%2Fteam%2F..%2Fother", "%2Fteam%252Fmoon", "%2Fteam%2F", "%2F%2Fteam"] {
        assert_eq!(post(&format!("/rpc/Node/{path}/info"), "").await?, 404, "{path}");
    }
    assert_eq!(
        post("/rpc/Node/%2Fother/begin", r#"{"life":"00000000-0000-0000-0000-000000000000"}"#).await?,
        404,
        "not public"
    );
    Ok(())
}

#[do_runtime::test]
async fn only_its_manager_begins_and_ends_a_node(kit: TestKit) -> Result {
    create(&kit, &["/team"]).await?;
    for path in ["/ghost", "/team/ghost", "/", "ghost"] {
        assert_eq!(kind(node(&kit, path).begin(Uuid::nil()).await), Some(ErrorKind::Denied), "{path}");
        assert_eq!(kind(node(&kit, path).end(Uuid::nil()).await), Some(ErrorKind::Denied), "{path}");
    }
    nothing_is_left_beside_the_tree(&kit).await
}
