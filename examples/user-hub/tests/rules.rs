//! The rules of a user's hub.

use std::collections::BTreeSet;

use do_runtime::prelude::*;
use do_runtime::testing::TestSocket;
use user_hub::{Command, Event, Letter, Profile, UserHub, UserHubStub};

fn ann(kit: &TestKit) -> UserHubStub {
    kit.objects().get_by_name::<UserHub>("ann")
}

/// Connects a device of ann's, and takes what it is told at first.
async fn device(kit: &TestKit, name: &str) -> Result<(TestSocket, Event)> {
    let mut socket = kit.connect_as(&ann(kit), &format!("/?device={name}"), "ann").await?;
    let hello = socket.receive().await?;
    Ok((socket, hello))
}

/// Devices that have heard of each other.
async fn devices(kit: &TestKit, count: usize) -> Result<Vec<TestSocket>> {
    let mut sockets = Vec::new();
    for number in 0..count {
        let (socket, _) = device(kit, &format!("device{number}")).await?;
        sockets.push(socket);
    }
    for (place, socket) in sockets.iter_mut().enumerate() {
        for _ in place + 1..count {
            assert!(matches!(socket.receive().await?, Event::Devices(_)));
        }
    }
    Ok(sockets)
}

fn profile(name: &str) -> Profile {
    Profile { name: name.into(), about: "likes lamps".into() }
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[do_runtime::test]
async fn an_update_reaches_every_connected_device(kit: TestKit) -> Result {
    let mut devices = devices(&kit, 50).await?;
    kit.evict_all().await?; // the devices stay connected while the hub sleeps
    ann(&kit).set_profile(profile("Ann")).await?;
    let id = ann(&kit).deliver("hello").caller("ben").await?;
    devices[0].send(&Command::Set { name: "theme".into(), value: Some("dark".into()) }).await?;
    devices[1].send(&Command::Read(vec![id])).await?;
    for device in &mut devices {
        assert_eq!(device.receive::<Event>().await?, Event::Profile(profile("Ann")));
        let Event::Arrived { letter, unread } = device.receive().await? else { bail!("a letter came") };
        assert_eq!((letter.id, letter.sender.as_str(), unread), (id, "ben", 1));
        assert_eq!(
            device.receive::<Event>().await?,
            Event::Setting { name: "theme".into(), value: Some("dark".into()) }
        );
        assert_eq!(device.receive::<Event>().await?, Event::Read { letters: vec![id], unread: 0 });
        assert!(device.is_quiet());
    }
    Ok(())
}

#[do_runtime::test]
async fn a_device_is_told_how_things_are_when_it_connects_and_misses_nothing(kit: TestKit) -> Result {
    ann(&kit).set_profile(profile("Ann")).await?;
    ann(&kit).set("theme", Some("dark".into())).await?;
    ann(&kit).set("font", Some("big".into())).await?;
    ann(&kit).set("font", None).await?;
    let writing: Vec<_> = (0..20)
        .map(|_| {
            let ann = ann(&kit);
            tokio::spawn(async move { ann.deliver("hello").caller("ben").await })
        })
        .collect();
    let (mut phone, hello) = device(&kit, "phone").await?;
    for written in writing {
        written.await.context("it ended")??;
    }
    let Event::Hello { profile: told, settings, unread: mut count, devices } = hello else {
        bail!("it is greeted first")
    };
    assert_eq!(told, profile("Ann"));
    assert_eq!(Vec::from_iter(settings), [("theme".to_owned(), "dark".to_owned())]);
    assert_eq!(devices, names(&["phone"]));
    while count < 20 {
        let Event::Arrived { unread, .. } = phone.receive().await? else { bail!("a letter came") };
        assert_eq!(unread, count + 1, "none is missed, none is told twice");
        count = unread;
    }
    assert!(phone.is_quiet());
    Ok(())
}

#[do_runtime::test]
async fn what_a_device_was_told_survives_a_crash(kit: TestKit) -> Result {
    for round in 0..20 {
        let (mut phone, _) = device(&kit, "phone").await?;
        let name = format!("Ann {round}");
        let (changed, told) = tokio::join!(ann(&kit).set_profile(profile(&name)), phone.receive::<Event>());
        changed?;
        assert_eq!(told?, Event::Profile(profile(&name)));
        kit.crash().await?;
        assert_eq!(ann(&kit).profile().await?, profile(&name));
    }
    Ok(())
}

#[do_runtime::test]
async fn an_update_that_is_refused_or_changes_nothing_is_told_to_nobody(kit: TestKit) -> Result {
    let read = ann(&kit).deliver("hello").caller("ben").await?;
    ann(&kit).read(vec![read]).await?;
    let (phone, _) = device(&kit, "phone").await?;
    ann(&kit).read(vec![read]).await?;
    assert_eq!(kind(ann(&kit).set_profile(profile(&"x".repeat(101))).await), Some(ErrorKind::Invalid));
    assert_eq!(kind(ann(&kit).deliver("").caller("ben").await), Some(ErrorKind::Invalid));
    assert_eq!(kind(ann(&kit).set("", None).await), Some(ErrorKind::Invalid));
    ann(&kit).read(vec![Id::from_raw(99)]).await?;
    assert!(phone.is_quiet());
    Ok(())
}

#[do_runtime::test]
async fn the_inbox_pages_by_key_whatever_comes_meanwhile(kit: TestKit) -> Result {
    for number in 0..25 {
        ann(&kit).deliver(format!("{number}")).caller("ben").await?;
    }
    let mut seen: Vec<Letter> = Vec::new();
    let mut before = None;
    let mut pages = 0;
    loop {
        let page = ann(&kit).inbox(before, 10).await?;
        seen.extend(page.letters);
        pages += 1;
        ann(&kit).deliver("meanwhile").caller("eve").await?;
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    let bodies: Vec<_> = seen.iter().map(|letter| letter.body.clone()).collect();
    assert_eq!(bodies, (0..25).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    assert_eq!(pages, 3);
    for limit in [0, 101, u32::MAX] {
        assert_eq!(kind(ann(&kit).inbox(None, limit).await), Some(ErrorKind::Invalid));
    }
    Ok(())
}

#[do_runtime::test]
async fn a_page_that_is_just_full_is_the_last_one(kit: TestKit) -> Result {
    assert_eq!(ann(&kit).inbox(None, 10).await?.letters, []);
    for _ in 0..10 {
        ann(&kit).deliver("hello").caller("ben").await?;
    }
    let page = ann(&kit).inbox(None, 10).await?;
    assert_eq!((page.letters.len(), page.next), (10, None));
    Ok(())
}

#[do_runtime::test]
async fn the_unread_count_is_right_whoever_reads_what_and_how_often(kit: TestKit) -> Result {
    let mut ids = Vec::new();
    for _ in 0..100 {
        ids.push(ann(&kit).deliver("hello").caller("ben").await?);
    }
    assert_eq!(ann(&kit).unread().await?, 100);
    let reading: Vec<_> = (0..40)
        .map(|start| {
            let (ann, some) = (ann(&kit), ids[start..start + 20].to_vec()); // they overlap
            tokio::spawn(async move { ann.read(some).await })
        })
        .collect();
    for read in reading {
        read.await.context("it ended")??;
    }
    assert_eq!(ann(&kit).unread().await?, 100 - 59);
    kit.crash().await?;
    assert_eq!(ann(&kit).unread().await?, 41);
    ann(&kit).read(ids).await?;
    assert_eq!(ann(&kit).unread().await?, 0);
    Ok(())
}

#[do_runtime::test]
async fn a_letter_that_is_sent_again_under_its_key_comes_once(kit: TestKit) -> Result {
    for _ in 0..3 {
        ann(&kit).deliver("hello").caller("ben").idempotency_key("letter 1").await?;
        kit.crash().await?;
    }
    assert_eq!(ann(&kit).unread().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn presence_is_the_devices_that_are_connected(kit: TestKit) -> Result {
    let (mut phone, _) = device(&kit, "phone").await?;
    let (laptop, _) = device(&kit, "laptop").await?;
    assert_eq!(phone.receive::<Event>().await?, Event::Devices(names(&["laptop", "phone"])));
    let (twice, _) = device(&kit, "laptop").await?; // two tabs are one device
    assert_eq!(phone.receive::<Event>().await?, Event::Devices(names(&["laptop", "phone"])));
    twice.close(1000, "").await;
    assert_eq!(phone.receive::<Event>().await?, Event::Devices(names(&["laptop", "phone"])));
    kit.evict_all().await?;
    kit.advance("1m").await;
    drop(laptop); // its connection breaks
    assert_eq!(phone.receive::<Event>().await?, Event::Devices(names(&["phone"])));
    assert_eq!(ann(&kit).devices().await?, names(&["phone"]));
    assert_eq!(ann(&kit).seen().await?, Some(kit.now()));
    kit.crash().await?;
    assert_eq!(ann(&kit).devices().await?, names(&[]), "no connection survives a crash, and none is remembered");
    Ok(())
}

#[do_runtime::test]
async fn a_hub_is_its_users_and_others_may_only_write(kit: TestKit) -> Result {
    assert_eq!(kind(kit.connect_as(&ann(&kit), "/?device=phone", "eve").await), Some(ErrorKind::Denied));
    assert_eq!(kind(kit.connect(&ann(&kit), "/?device=phone").await), Some(ErrorKind::Denied));
    assert_eq!(kind(kit.connect_as(&ann(&kit), "/", "ann").await), Some(ErrorKind::Invalid), "a device has a name");
    // Who has no name writes no letters either.
    for (method, body) in [("inbox", r#"{"limit":10}"#), ("deliver", r#"{"body":"hello"}"#), ("unread", "")] {
        assert_eq!(kit.fetch("POST", &format!("/rpc/UserHub/ann/{method}"), body).await?.code(), 403, "{method}");
    }
    Ok(())
}

#[do_runtime::test]
async fn what_a_device_says_wrongly_closes_it_alone(kit: TestKit) -> Result {
    let mut both = devices(&kit, 2).await?;
    let mut wrong = both.remove(0);
    let _ = wrong.send_text("{\"steal\": 1}").await;
    assert_eq!(wrong.closed().await?.0, 1008);
    both[0].send_text("ping").await?;
    assert_eq!(both[0].receive_text().await?, "pong");
    drop(wrong);
    assert_eq!(both[0].receive::<Event>().await?, Event::Devices(names(&["device1"])));
    Ok(())
}
