//! Who listens to a room hears each message, whichever way it came there, and sees who else is there.

use std::collections::BTreeSet;

use chat_room::{ChatRoom, ChatRoomStub, LogLine, Message};
use do_runtime::prelude::*;

fn lobby(kit: &TestKit) -> ChatRoomStub {
    kit.objects().get_by_name::<ChatRoom>("lobby")
}

#[do_runtime::test]
async fn what_is_said_is_heard_by_all_and_kept(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let mut ann = kit.connect(&lobby, "/?user=ann").await?;
    let mut ben = kit.connect(&lobby, "/?user=ben").await?;
    ann.send_text("hello").await?;
    let message: Message = ben.receive().await?;
    assert_eq!((message.author.as_str(), message.body.as_str()), ("ann", "hello"));
    assert_eq!(ann.receive::<Message>().await?, message, "who said it hears it too");
    assert_eq!(lobby.history(10).await?, [message]);
    Ok(())
}

#[do_runtime::test]
async fn posts_and_imports_are_heard(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let mut ann = kit.connect(&lobby, "/?user=ann").await?;
    let posted = lobby.post("ben", "hello").await?;
    assert_eq!(ann.receive::<Message>().await?, posted);
    let line =
        LogLine { id: 7, room: "lobby".into(), author: "eve".into(), body: "hi".into(), time: kit.now().as_millis() };
    lobby.import(vec![line.clone()]).await?;
    assert_eq!(ann.receive::<Message>().await?.imported, Some(7));
    lobby.import(vec![line]).await?;
    assert!(ann.is_quiet(), "it is there already");
    Ok(())
}

#[do_runtime::test]
async fn another_room_is_not_heard(kit: TestKit) -> Result {
    let ann = kit.connect(&lobby(&kit), "/?user=ann").await?;
    kit.objects().get_by_name::<ChatRoom>("attic").post("ben", "hello").await?;
    kit.settle().await;
    assert!(ann.is_quiet());
    Ok(())
}

#[do_runtime::test]
async fn a_room_that_slept_knows_who_speaks(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let mut ann = kit.connect(&lobby, "/?user=%20ann%C3%A9%20").await?;
    kit.evict_all().await?;
    ann.send_text("still here").await?;
    assert_eq!(ann.receive::<Message>().await?.author, "anné");
    assert_eq!(lobby.posts_since_wake().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn who_has_no_name_is_not_let_in(kit: TestKit) -> Result {
    let long = format!("/?user={}", "x".repeat(41));
    for query in ["/", "/?user=", "/?user=%20", &long] {
        let error = kit.connect(&lobby(&kit), query).await.err().context("it was let in")?;
        assert_eq!(error.kind(), ErrorKind::Invalid, "{query}: {error}");
    }
    Ok(())
}

#[do_runtime::test]
async fn what_is_refused_closes_the_socket_and_is_told_to_nobody(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let mut ann = kit.connect(&lobby, "/?user=ann").await?;
    let ben = kit.connect(&lobby, "/?user=ben").await?;
    let _ = ann.send_text("x".repeat(4001)).await;
    let (code, reason) = ann.closed().await?;
    assert_eq!((code, reason.as_str()), (1008, "a message has at most 4000 characters, not 4001"));
    assert!(ben.is_quiet());
    assert!(lobby.history(10).await?.is_empty());
    Ok(())
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[do_runtime::test]
async fn who_is_here_is_seen_and_told_to_who_watches(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let mut present = lobby.present().live()?;
    assert_eq!(present.next().await?, names(&[]));
    let ann = kit.connect(&lobby, "/?user=ann").await?;
    assert_eq!(present.next().await?, names(&["ann"]));
    let ben = kit.connect(&lobby, "/?user=ben").await?;
    assert_eq!(present.next().await?, names(&["ann", "ben"]));
    drop(ann);
    assert_eq!(present.next().await?, names(&["ben"]), "whose connection broke is not here");
    ben.close(1000, "").await;
    assert_eq!(present.next().await?, names(&[]), "nor is who has left");
    Ok(())
}

#[do_runtime::test]
async fn who_has_two_devices_is_here_once_and_until_the_last_is_gone(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let phone = kit.connect(&lobby, "/?user=ann").await?;
    let laptop = kit.connect(&lobby, "/?user=ann").await?;
    assert_eq!(lobby.present().await?, names(&["ann"]));
    drop(phone);
    kit.settle().await;
    assert_eq!(lobby.present().await?, names(&["ann"]));
    drop(laptop);
    kit.settle().await;
    assert_eq!(lobby.present().await?, names(&[]));
    Ok(())
}

#[do_runtime::test]
async fn a_room_that_slept_knows_who_is_here(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let _ann = kit.connect(&lobby, "/?user=ann").await?;
    kit.evict_all().await?;
    assert_eq!(lobby.present().await?, names(&["ann"]));
    assert!(kit.connect(&lobby, "/?user=").await.is_err());
    assert_eq!(lobby.present().await?, names(&["ann"]), "who was not let in is not here");
    Ok(())
}

#[do_runtime::test]
async fn a_page_asks_whether_the_server_is_there_and_posts_nothing(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let mut ann = kit.connect(&lobby, "/?user=ann").await?;
    kit.evict_all().await?;
    ann.send_text("\u{5}").await?;
    assert_eq!(ann.receive_text().await?, "\u{6}");
    assert!(lobby.history(1).await?.is_empty());
    Ok(())
}
