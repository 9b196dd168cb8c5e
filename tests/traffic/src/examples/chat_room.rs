//! Messages over HTTP and over sockets: those that were acknowledged or heard by anybody are in the history, each once; `/messages` is the
//! last fifty; after a kill nobody is present.

use std::collections::BTreeMap;
use std::time::Instant;

use parking_lot::Mutex;
use serde_json::json;

use super::{lines, text};
use crate::drive::Traffic;
use crate::findings::{Fate, Ledger};
use crate::user::{Socket, Stop, User};

/// How many messages a room has.
const MESSAGES: u64 = 1_000;

#[derive(Default)]
pub(super) struct ChatRoom {
    rooms: Mutex<BTreeMap<String, Ledger>>,
}

impl ChatRoom {
    fn note(&self, room: &str, body: &str, fate: Fate) {
        self.rooms.lock().entry(room.to_owned()).or_default().note(body, fate);
    }

    /// Says something in a room, and listens until it hears that itself. Whatever it hears is stored.
    async fn say(&self, user: &mut User, socket: &mut Socket, room: &str, body: &str) -> Result<(), Stop> {
        let begun = Instant::now();
        user.say(socket, body.to_owned()).await?;
        loop {
            let heard = text(&user.hear_json(socket).await?, "body");
            self.note(room, &heard, Fate::There);
            if heard == body {
                user.heard_back(begun.elapsed());
                return Ok(());
            }
        }
    }
}

impl Traffic for ChatRoom {
    const NAME: &'static str = "chat-room";
    type Memory = Option<(String, Socket)>;

    async fn step(&self, user: &mut User, memory: &mut Self::Memory) -> Result<(), Stop> {
        let room = format!("room-{}", user.step / MESSAGES);
        let (author, body) = (format!("user {}", user.number), format!("message {}", user.step));
        if user.number.is_multiple_of(2) {
            self.note(&room, &body, Fate::Unknown);
            user.ask("ChatRoom", &room, "post", json!({"author": author, "body": body})).await?;
            self.note(&room, &body, Fate::There);
            return Ok(());
        }
        // One in a hundred goes and comes again, and so does who has another room now.
        let stays = user.random.u8(0..100) > 0;
        let mut socket = match memory.take() {
            Some((name, socket)) if name == room && stays => socket,
            _ => {
                let path = format!("/objects/ChatRoom/{room}?user=user{}", user.number);
                user.connect(&path, None).await?
            }
        };
        self.note(&room, &body, Fate::Unknown);
        self.say(user, &mut socket, &room, &body).await?;
        *memory = Some((room, socket));
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let rooms = std::mem::take(&mut *self.rooms.lock());
        for (room, messages) in rooms {
            let history = user.ask("ChatRoom", &room, "history", json!({"limit": 100_000})).await?;
            user.compare_all("messages", &messages, lines(&history).map(|message| text(message, "body")));
            let path = format!("/objects/ChatRoom/{room}/messages");
            let page = user.request("GET", &path, None, &[]).await?.value()?;
            let is_newest = lines(&page).eq(lines(&history).take(50));
            user.ensure(is_newest, || format!("GET /messages of {room} is not the newest fifty"));
            let present = user.ask("ChatRoom", &room, "present", json!({})).await?;
            user.ensure(present == json!([]), || format!("after the kill there are {present} in {room}"));
        }
        Ok(())
    }
}
