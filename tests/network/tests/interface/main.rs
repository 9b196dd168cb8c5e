//! The interface of objects in other languages: the document and the client that are made of it, and whether these work.

mod client;
mod live;
mod mapping;
mod served;
mod talk;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// All kinds of fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    id: Id<Entry>,
    written_at: Timestamp,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(rename = "reply-to")]
    reply_to: Option<Box<Entry>>,
    extra: serde_json::Value,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Plain,
    Picture { width: u32, alt: Option<String> },
    Pair(u8, Word),
    Link(Word),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Word(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum Event {
    Opened,
    Written(Entry),
    Moved(i32, i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Text(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<u32>,
}

type Ids = (Uuid, ObjectId, Timestamp);

/// Why an entry is not written.
#[derive(Debug, Clone, PartialEq, RpcError, Serialize, Deserialize)]
enum Wrong {
    Empty,
    #[rpc_error(status = 413)]
    TooLong {
        most: u32,
    },
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Wrong::Empty => f.write_str("there is nothing in it"),
            Wrong::TooLong { most } => write!(f, "it is longer than {most}"),
        }
    }
}

/// How often [`Book::shaky`] was called since the process began.
static SHAKY: AtomicU32 = AtomicU32::new(0);

#[durable_object(name = "Described")]
struct Book {
    #[stored]
    entries: u64,
}

#[durable_object]
impl Book {
    /// Writes an entry.
    ///
    /// Ends a comment: */
    #[rpc(public)]
    fn write(&mut self, text: &str, bytes: &[u8], note: Option<String>) -> Result<Entry, CallError<Wrong>> {
        ensure!(!text.is_empty(), Wrong::Empty);
        ensure!(text.len() < 10, Wrong::TooLong { most: 10 });
        ensure!(bytes != b"refuse", "these are refused");
        self.entries += 1;
        let number = i64::try_from(self.entries).or_invalid()?;
        let reply_to = note.map(|note| Box::new(self.entry(0, vec![note], None)));
        Ok(self.entry(number, vec![text.to_owned()], reply_to))
    }

    #[rpc(public)]
    #[deprecated(note = "it counts")]
    fn count(&self, of: Option<u8>) -> Result<u64> {
        Ok(self.entries + u64::from(of.unwrap_or(0)))
    }

    #[rpc(public, idempotent)]
    fn clear(&mut self) -> Result {
        self.entries = 0;
        Ok(())
    }

    #[rpc(public)]
    fn mirror(
        &self,
        ids: Ids,
        map: BTreeMap<String, Kind>,
        event: Event,
        loose: Loose,
    ) -> Result<(Ids, BTreeMap<String, Kind>, Event, Loose)> {
        Ok((ids, map, event, loose))
    }

    #[rpc(public)]
    fn pages(&self) -> Result<(Page<Word>, Page<Kind>)> {
        let words = vec![Word("a".to_owned())];
        Ok((Page { items: words, next: Some(2) }, Page { items: vec![Kind::Plain], next: None }))
    }

    #[rpc(public)]
    fn id_of(&self, cx: &Cx<Self>) -> Result<ObjectId> {
        Ok(cx.id())
    }

    /// Fails twice with what may be tried again, and writes each time that it is called.
    #[rpc(public)]
    async fn shaky(this: This<Self>) -> Result<u64> {
        if SHAKY.fetch_add(1, Ordering::Relaxed) < 2 {
            return Err(Error::new(ErrorKind::Unavailable, "not now"));
        }
        this.update(|me, _| {
            me.entries += 1;
            Ok(me.entries)
        })
        .await
    }

    #[rpc(public)]
    async fn sleep(this: This<Self>) -> Result {
        this.sleep("1h").await
    }

    #[rpc]
    fn hidden(&self) -> Result<u64> {
        Ok(self.entries)
    }

    fn entry(&self, number: i64, tags: Vec<String>, reply_to: Option<Box<Entry>>) -> Entry {
        Entry {
            id: Id::from_raw(number),
            written_at: Timestamp::from_millis(1_000),
            tags,
            reply_to,
            extra: serde_json::json!({ "any": [1, "thing"] }),
            kind: Kind::Picture { width: 3, alt: None },
        }
    }
}
