//! What a room does as time goes by: messages vanish, digests come.

use chat_room::{ChatRoom, ChatRoomStub, Digest, LogLine};
use do_runtime::prelude::*;

fn lobby(kit: &TestKit) -> ChatRoomStub {
    kit.objects().get_by_name::<ChatRoom>("lobby")
}

#[do_runtime::test]
async fn a_message_vanishes_after_thirty_days(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let posted = kit.now();
    lobby.post("ann", "hello").await?;
    kit.set_time(posted + days(30) - millis(1)).await;
    assert_eq!(lobby.history(10).await?.len(), 1);
    kit.set_time(posted + days(30)).await;
    assert!(lobby.history(10).await?.is_empty());
    assert!(lobby.by_author("ann", 10).await?.is_empty());
    assert_eq!(lobby.stats().await?.messages, 0);
    kit.advance("1h").await;
    assert_eq!(kit.physical_rows::<chat_room::Message>(&lobby).await?, 0, "it is deleted, too");
    Ok(())
}

#[do_runtime::test]
async fn an_old_message_lives_thirty_days_from_its_import(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let time = (kit.now() - days(3 * 365)).as_millis();
    let line = |id| LogLine { id, room: "lobby".into(), author: "ann".into(), body: "hello".into(), time };
    assert_eq!(lobby.import((0..1000).map(line).collect::<Vec<_>>()).await?, 1000);
    kit.advance("29d").await;
    assert_eq!(lobby.history(1).await?[0].at.as_millis(), time);
    assert_eq!(lobby.stats().await?.messages, 1000);
    assert_eq!(lobby.import(vec![line(0)]).await?, 0, "it is there already");
    kit.advance("1d").await;
    assert_eq!(lobby.stats().await?.messages, 0);
    assert_eq!(lobby.import(vec![line(0)]).await?, 1, "it takes up nothing any more");
    Ok(())
}

#[do_runtime::test]
async fn the_digest_comes_daily_and_survives_a_crash(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    let begun = kit.now();
    lobby.post("ann", "hello").await?;
    kit.advance("12h").await;
    lobby.post("ben", "hi").await?;
    lobby.post("ben", "how are you?").await?;
    assert_eq!(lobby.digest().await?, None);
    kit.crash().await?;
    kit.advance("12h").await;
    let first = Digest { at: begun + days(1), messages: 3, authors: 2 };
    assert_eq!(lobby.digest().await?, Some(first.clone()));
    kit.crash().await?;
    assert_eq!(lobby.digest().await?, Some(first));
    assert_eq!(lobby.next_digest().await?, Some(begun + days(2)));

    kit.evict_all().await?;
    kit.advance("1d").await;
    assert_eq!(lobby.digest().await?, Some(Digest { at: begun + days(2), messages: 0, authors: 0 }));
    Ok(())
}

#[do_runtime::test]
async fn a_room_that_was_only_read_has_no_digest(kit: TestKit) -> Result {
    let lobby = lobby(&kit);
    assert!(lobby.history(10).await?.is_empty());
    kit.advance("10d").await;
    assert_eq!(lobby.digest().await?, None);
    assert!(kit.list::<ChatRoom>().await?.is_empty());
    Ok(())
}
