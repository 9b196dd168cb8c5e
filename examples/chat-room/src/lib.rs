//! Chat rooms as durable objects: every room has a name, a topic and its own history.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// One line of a room's history.
#[table(index = at, index = (author, at desc))]
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

/// Why a room refuses a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, RpcError)]
pub enum Refused {
    /// There is nothing in it.
    #[error("a message needs a body")]
    Empty,
    /// There is too much in it.
    #[error("a message has at most 4000 characters, not {length}")]
    TooLong {
        /// The characters that it has.
        length: usize,
    },
}

/// A chat room.
#[durable_object(tables(Message))]
pub struct ChatRoom {
    /// What the room is about.
    #[stored]
    topic: String,
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
    #[rpc]
    fn post(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result<Message, CallError<Refused>> {
        ensure!(!body.is_empty(), Refused::Empty);
        let length = body.chars().count();
        ensure!(length <= 4000, Refused::TooLong { length });
        let message = cx.insert(Message::new(None, author, body))?;
        self.posts_since_wake += 1;
        info!(length, "posted"); // the line names the room, the request and its caller by itself
        Ok(message)
    }

    /// The newest messages, the newest first.
    #[rpc]
    fn history(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Message>> {
        sql!(cx, Message, "SELECT * FROM message ORDER BY at DESC, id DESC LIMIT :limit").all()
    }

    /// What somebody wrote here, the newest first.
    #[rpc]
    fn by_author(&self, cx: &Cx<Self>, author: &str, limit: u32) -> Result<Vec<Message>> {
        Message::by_author(cx, author).limit(limit).all()
    }

    /// Adds lines of a log, each once, however often it comes; how many were new.
    #[rpc]
    fn import(&mut self, cx: &mut Cx<Self>, lines: Vec<LogLine>) -> Result<u64> {
        let mut new = 0;
        for line in lines {
            if Message::by_imported(cx, Some(line.id))?.is_none() {
                let at = Timestamp::from_millis(line.time);
                cx.insert(Message::new(Some(line.id), line.author, line.body).at(at))?;
                new += 1;
            }
        }
        Ok(new)
    }

    /// Says what the room is about.
    #[rpc]
    fn set_topic(&mut self, topic: String) -> Result {
        self.topic = topic;
        Ok(())
    }

    /// What the room is about.
    #[rpc]
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
