//! A room: its topic, its history, who listens to it, its digest.

use std::collections::BTreeSet;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{HOUSE, Moderator, Verdict};

/// One line of a room's history. It vanishes thirty days after it came here.
#[table(ttl = "30d", index = at, index = (author, at desc))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Its number in the room.
    #[key]
    pub id: Id<Message>,
    /// Where it was imported from: the number that it has there.
    #[unique]
    pub imported: Option<i64>,
    /// Who wrote it.
    pub author: String,
    /// What was written.
    #[column(check = "body <> ''")]
    pub body: String,
    /// When it was written.
    #[default(now)]
    pub at: Timestamp,
}

/// One line of a chat log that is imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// The message's number, one of a kind in the whole log.
    pub id: i64,
    /// The name of its room.
    pub room: String,
    /// Who wrote it.
    pub author: String,
    /// What was written.
    pub body: String,
    /// When, in milliseconds since the Unix epoch.
    pub time: i64,
}

/// What a room holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// How many messages.
    pub messages: u64,
    /// How many authors.
    pub authors: u64,
    /// The size of its database in bytes.
    pub bytes: u64,
}

/// What was written in a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// When the day ended.
    pub at: Timestamp,
    /// How many messages.
    pub messages: u64,
    /// How many authors.
    pub authors: u64,
}

/// Why a room refuses a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
pub enum Refused {
    /// There is nothing in it.
    #[error("a message needs a body")]
    Empty,
    /// There is too much in it.
    #[rpc_error(status = 413)]
    #[error("a message has at most 4000 characters, not {length}")]
    TooLong {
        /// The characters that it has.
        length: usize,
    },
}

/// What is remembered of a socket, while the room sleeps too.
#[derive(Serialize, Deserialize)]
struct Session {
    user: String,
}

/// The sockets that hear each message.
const CHAT: &str = "chat";

/// How many messages `GET /messages` gives.
const PAGE: u32 = 50;

/// A chat room.
#[durable_object(tables(Message))]
pub struct ChatRoom {
    /// What the room is about.
    #[stored]
    topic: String,
    /// What was written on the last day.
    #[stored]
    digest: Option<Digest>,
    /// How much was posted since the room last woke. It starts again at every wake.
    #[ephemeral]
    posts_since_wake: u64,
}

#[durable_object]
impl ChatRoom {
    /// A room that nobody named a topic for is about itself.
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        if self.topic.is_empty() {
            self.topic = format!("all about {}", cx.name().unwrap_or("nothing"));
        }
        Ok(())
    }

    /// Adds a message: one atomic, durable transaction.
    #[rpc(public)]
    fn post(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result<Message, CallError<Refused>> {
        ensure!(!body.is_empty(), Refused::Empty);
        let length = body.chars().count();
        ensure!(length <= 4000, Refused::TooLong { length });
        let message = cx.insert(Message::new(None, author, body))?;
        cx.sockets().tagged(CHAT).send(&message)?; // they are told once it is on disk
        self.posts_since_wake += 1;
        info!(length, "posted"); // the line names the room, the request and its caller by itself
        Ok(message)
    }

    /// Somebody opens the room in a browser: `GET /objects/ChatRoom/{room}?user=ann`, as a WebSocket. They hear messages from then on.
    #[websocket(open, sends = Message)]
    fn joined(&mut self, socket: &Socket, request: &Upgrade) -> Result {
        let user = request.required("user")?.trim().to_owned();
        ensure!((1..=40).contains(&user.chars().count()), "a name has 1 to 40 characters");
        socket.set_attachment(&Session { user })?;
        socket.tag(CHAT)
    }

    /// What they say is a post. One that is refused closes the socket with the reason. Whether the server is there a page asks with a
    /// sign that nobody types, ASCII's "enquiry", and is answered "acknowledged" while the room sleeps.
    #[websocket(message, auto_response("\u{5}", "\u{6}"))]
    fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, text: String) -> Result {
        let Session { user } = socket.attachment()?;
        self.post(cx, user, text)?;
        Ok(())
    }

    /// The newest messages, the newest first.
    #[rpc(public)]
    fn history(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Message>> {
        sql!(cx, Message, "SELECT * FROM message ORDER BY at DESC, id DESC LIMIT :limit").all()
    }

    /// The last messages, the newest first, as plain JSON: `GET /objects/ChatRoom/{room}/messages`.
    #[fetch(get, "/messages")]
    fn messages(&self, cx: &Cx<Self>) -> Result<Vec<Message>> {
        self.history(cx, PAGE)
    }

    /// Who is here, each once, however many devices they have. It is what the sockets remember, so that a room that slept knows it too; who
    /// watches it is told of each socket that comes or goes.
    #[rpc(public, live)]
    fn present(&self, cx: &Cx<Self>) -> Result<BTreeSet<String>> {
        cx.sockets().tagged(CHAT).iter().map(|socket| Ok(socket.attachment::<Session>()?.user)).collect()
    }

    /// What somebody wrote here, the newest first.
    #[rpc(public)]
    fn by_author(&self, cx: &Cx<Self>, author: &str, limit: u32) -> Result<Vec<Message>> {
        Message::by_author(cx, author).limit(limit).all()
    }

    /// Adds lines of a log, each once, however often it comes; how many were new.
    #[rpc]
    fn import(&mut self, cx: &mut Cx<Self>, lines: Vec<LogLine>) -> Result<u64> {
        let mut new = 0;
        let listeners = cx.sockets().tagged(CHAT);
        for line in lines {
            if Message::by_imported(cx, Some(line.id))?.is_none() {
                let at = Timestamp::from_millis(line.time);
                let message = cx.insert(Message::new(Some(line.id), line.author, line.body).at(at))?;
                listeners.send(&message)?;
                new += 1;
            }
        }
        Ok(new)
    }

    /// Reports a message to the moderator. The report is kept with this transaction and goes right after it: it arrives
    /// once, whatever crashes on the way, and nobody waits for it.
    #[rpc]
    fn report(&mut self, cx: &mut Cx<Self>, message: Id<Message>, reason: String) -> Result {
        ensure!(cx.name().is_some(), "a room without a name reports nothing");
        let message = cx.get(message)?.context("there is no such message")?;
        let moderator = cx.objects().get_by_name::<Moderator>(HOUSE);
        cx.send(moderator.file(message, reason))
    }

    /// What the moderator decided on a message that was reported.
    #[rpc]
    fn judge(&mut self, cx: &mut Cx<Self>, message: Message, verdict: Verdict) -> Result {
        // The number of one that is gone may be another's by now: so all of it is compared.
        if verdict == Verdict::Upheld && cx.get(message.id)?.as_ref() == Some(&message) {
            cx.delete::<Message>(message.id)?;
            info!("deleted a message");
        }
        Ok(())
    }

    /// Once a day: the runtime keeps this alarm set, and wakes the room for it.
    #[alarm(every = "1d")]
    fn sum_up(&mut self, cx: &mut Cx<Self>) -> Result {
        let (at, since) = (cx.now(), cx.now() - days(1));
        let (messages, authors) = sql!(
            cx,
            (u64, u64),
            "SELECT count(*), count(DISTINCT author) FROM message WHERE at >= :since AND at < :at"
        )
        .one()?;
        info!(messages, authors, "daily digest");
        self.digest = Some(Digest { at, messages, authors });
        Ok(())
    }

    /// What was written on the last day; nothing before the first one has passed.
    #[rpc(public)]
    fn digest(&self) -> Result<Option<Digest>> {
        Ok(self.digest.clone())
    }

    /// When the next digest is due.
    #[rpc]
    fn next_digest(&self, cx: &Cx<Self>) -> Result<Option<Timestamp>> {
        Ok(cx.alarms().next()?.map(|alarm| alarm.due()))
    }

    /// Says what the room is about.
    #[rpc]
    fn set_topic(&mut self, topic: String) -> Result {
        self.topic = topic;
        Ok(())
    }

    /// What the room is about.
    #[rpc(public)]
    fn topic(&self) -> Result<String> {
        Ok(self.topic.clone())
    }

    /// How much was posted since the room last woke.
    #[rpc]
    fn posts_since_wake(&self) -> Result<u64> {
        Ok(self.posts_since_wake)
    }

    /// What the room holds.
    #[rpc]
    fn stats(&self, cx: &Cx<Self>) -> Result<Stats> {
        self.count(cx)
    }

    /// Copies the newest message to another room; what it is there.
    #[rpc]
    async fn forward(this: This<Self>, room: String) -> Result<Option<Message>> {
        let newest = this.read(|me, cx| me.history(cx, 1)).await?;
        let Some(message) = newest.into_iter().next() else { return Ok(None) };
        let other = this.objects().get_by_name::<ChatRoom>(room);
        Ok(Some(other.post(message.author, message.body).await?))
    }
}

#[durable_object(helpers)]
impl ChatRoom {
    fn count(&self, cx: &Cx<Self>) -> Result<Stats> {
        let (messages, authors) = sql!(
            cx,
            (u64, u64),
            "SELECT count(*), count(DISTINCT author) FROM message",
            allow(scan, "it is asked by a person, now and then")
        )
        .one()?;
        Ok(Stats { messages, authors, bytes: cx.storage_size()? })
    }
}
