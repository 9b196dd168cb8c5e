//! What a room answers to plain requests.

use chat_room::{ChatRoom, Message};
use do_runtime::prelude::*;

#[do_runtime::test]
async fn the_last_fifty_messages_are_given_the_newest_first(kit: TestKit) -> Result {
    let lobby = kit.objects().get_by_name::<ChatRoom>("lobby");
    for number in 0..60 {
        lobby.post("ann", number.to_string()).await?;
    }
    let answer = kit.fetch("GET", "/objects/ChatRoom/lobby/messages", "").await?;
    assert_eq!((answer.code(), answer.header("content-type")), (200, Some("application/json")));
    let messages: Vec<Message> = answer.body_json()?;
    let bodies: Vec<String> = messages.into_iter().map(|message| message.body).collect();
    let newest: Vec<String> = (10..60).rev().map(|number| number.to_string()).collect();
    assert_eq!(bodies, newest);
    Ok(())
}

#[do_runtime::test]
async fn an_unknown_path_is_not_found(kit: TestKit) -> Result {
    for path in [
        "/objects/ChatRoom/lobby/",
        "/objects/ChatRoom/lobby/message",
        "/objects/ChatRoom/lobby/messages/1",
        "/objects/ChatRooms/lobby/messages",
    ] {
        assert_eq!(kit.fetch("GET", path, "").await?.code(), 404, "{path}");
    }
    assert_eq!(kit.fetch("POST", "/objects/ChatRoom/lobby/messages", "").await?.code(), 405);
    Ok(())
}
