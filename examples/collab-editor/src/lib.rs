//! A document that many edit at once, in a browser: edits that meet converge.
//!
//! What edits are, and how they are merged, is the business of [`yrs`], which speaks what Yjs speaks in the page. The object keeps them in the
//! order in which they came, hands each to everybody else, and now and then writes down what they come to.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, ReadTxn, StateVector, Transact, Update};

/// What the text is called inside the document, here and in the page.
pub const TEXT: &str = "text";

/// After how many edits they are summed up.
const SUM_UP_AFTER: i64 = 100;

/// How many edits are kept one by one, at least, so that each version of them can be seen.
const KEPT: i64 = 500;

/// How large an edit may be.
const LARGEST_EDIT: usize = 512 << 10;

/// An edit, as Yjs encodes it.
#[table]
#[derive(Debug, Clone)]
pub struct Edit {
    /// Its place in the order in which edits came, from 1. The version that it makes has the same number.
    #[key]
    pub version: i64,
    /// Whose it is.
    pub author: String,
    /// What it does.
    pub update: Vec<u8>,
    /// When it came.
    #[default(now)]
    pub at: Timestamp,
}

/// What all edits up to one come to, as Yjs encodes it.
#[table]
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The version that it is.
    #[key]
    pub version: i64,
    /// The document.
    pub state: Vec<u8>,
    /// When it was made.
    #[default(now)]
    pub at: Timestamp,
}

/// A version of the document that can still be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// Whose edit made it; nobody's if it is a summary of many.
    pub author: Option<String>,
    /// When it was made.
    pub at: Timestamp,
}

/// Where somebody is in the text. What the two ends are is for the pages to know: they hand each other Yjs's relative positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Where the selection begins.
    pub anchor: String,
    /// Where it ends, and the cursor blinks.
    pub head: String,
}

/// What an editor says: cursors as JSON text, edits as binary MessagePack (or JSON).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// An edit.
    Edit(Bytes),
    /// The cursor has moved.
    Cursor(Cursor),
}

/// What an editor is told as text. Binary messages are edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// All that there was has been sent.
    Ready,
    /// The oldest of its edits of which it did not hear yet is on disk.
    Kept,
    /// Where somebody else is.
    Cursor {
        /// Which editor it is: one person may have several.
        editor: Uuid,
        /// Who that is.
        user: String,
        /// Where.
        cursor: Cursor,
    },
    /// Somebody has left.
    Left(Uuid),
}

/// What is remembered of an editor while the document sleeps, in memory: a cursor is never on disk.
#[derive(Serialize, Deserialize)]
struct Editor {
    user: String,
    cursor: Option<Cursor>,
}

/// A document.
#[durable_object(tables(Edit, Snapshot), limits(value = "64MiB"))]
pub struct Document {
    /// How many edits there ever were: the newest version.
    #[stored]
    version: i64,
    /// The version of the newest snapshot.
    #[stored]
    summed_up: i64,
}

#[durable_object]
impl Document {
    /// Somebody opens the document: `GET /objects/Document/{name}?user=ann`, as a WebSocket. They get all of it in one turn, so that nothing falls between.
    #[websocket(open)]
    fn opened(&mut self, cx: &mut Cx<Self>, socket: &Socket, request: &Upgrade) -> Result {
        let user = request.required("user")?.trim().to_owned();
        ensure!((1..=40).contains(&user.chars().count()), "a name has 1 to 40 characters");
        let updates = self.up_to(cx, self.version)?;
        for update in updates {
            socket.send_bytes(update)?;
        }
        for other in cx.sockets().except(socket).iter() {
            if let Editor { user, cursor: Some(cursor) } = other.attachment()? {
                socket.send(&Told::Cursor { editor: other.id(), user, cursor })?;
            }
        }
        socket.set_attachment(&Editor { user, cursor: None })?;
        socket.send(&Told::Ready)
    }

    /// An editor says something. An edit is on disk before anybody hears of it.
    #[websocket(message)]
    fn said(&mut self, cx: &mut Cx<Self>, socket: &Socket, said: Said) -> Result {
        let editor: Editor = socket.attachment()?;
        match said {
            Said::Edit(update) => {
                self.keep(cx, editor.user, &update)?;
                cx.sockets().except(socket).send_bytes(update)?;
                socket.send(&Told::Kept)
            }
            Said::Cursor(cursor) => {
                socket.set_attachment(&Editor { user: editor.user.clone(), cursor: Some(cursor.clone()) })?;
                let told = Told::Cursor { editor: socket.id(), user: editor.user, cursor };
                cx.sockets().except(socket).send(&told)
            }
        }
    }

    /// Somebody has left, and their cursor goes.
    #[websocket(close)]
    fn left(&mut self, cx: &mut Cx<Self>, socket: &Socket) -> Result {
        cx.sockets().except(socket).send(&Told::Left(socket.id()))
    }

    /// An edit of a program's.
    #[rpc]
    fn edit(&mut self, cx: &mut Cx<Self>, author: String, update: Bytes) -> Result {
        self.keep(cx, author, &update)?;
        cx.sockets().send_bytes(update)
    }

    /// The text as it is: `GET /objects/Document/{name}/text`.
    #[fetch(get, "/text")]
    fn text(&self, cx: &Cx<Self>) -> Result<String> {
        self.text_at(cx, self.version)
    }

    /// The text as it was.
    #[rpc(public)]
    fn text_at(&self, cx: &Cx<Self>, version: i64) -> Result<String> {
        let updates = self.up_to(cx, version)?;
        let doc = Doc::new();
        let text = doc.get_or_insert_text(TEXT);
        apply(&doc, updates)?;
        Ok(text.get_string(&doc.transact()))
    }

    /// The versions that can be seen, the oldest first.
    #[rpc(public)]
    fn history(&self, cx: &Cx<Self>) -> Result<Vec<Version>> {
        let summaries = sql!(
            cx,
            (i64, Timestamp),
            "SELECT version, at FROM snapshot WHERE version < (SELECT coalesce(min(version), 0) FROM edit) ORDER BY version"
        )
        .all()?;
        let edits = sql!(
            cx,
            (i64, String, Timestamp),
            "SELECT version, author, at FROM edit ORDER BY version",
            allow(scan, "all of them are asked for")
        )
        .all()?;
        let summaries = summaries.into_iter().map(|(version, at)| Version { version, author: None, at });
        let edits = edits.into_iter().map(|(version, author, at)| Version { version, author: Some(author), at });
        Ok(summaries.chain(edits).collect())
    }

    /// Writes down what the edits come to. Those before the newest few hundred go: of them the snapshots are left.
    #[alarm]
    fn sum_up(&mut self, cx: &mut Cx<Self>) -> Result {
        let updates = self.up_to(cx, self.version)?;
        let doc = Doc::new();
        apply(&doc, updates)?;
        let state = doc.transact().encode_state_as_update_v1(&StateVector::default());
        cx.insert(Snapshot::new(self.version, state))?;
        self.summed_up = self.version;
        let last = self.version - KEPT;
        sql!(cx, "DELETE FROM edit WHERE version <= :last").run()?;
        Ok(())
    }
}

#[durable_object(helpers)]
impl Document {
    /// Keeps an edit as the next version.
    fn keep(&mut self, cx: &mut Cx<Self>, author: String, update: &Bytes) -> Result {
        ensure!(update.len() <= LARGEST_EDIT, "an edit has at most {LARGEST_EDIT} bytes");
        Update::decode_v1(update).or_invalid().map_err(|error| error.context("this is no edit"))?;
        self.version += 1;
        cx.insert(Edit::new(self.version, author, update.to_vec()))?;
        if self.version - self.summed_up >= SUM_UP_AFTER && cx.alarms().get("sum up")?.is_none() {
            cx.schedule().sum_up().key("sum up").after("1s")?;
        }
        Ok(())
    }

    /// What makes a version: the last snapshot before it, and the edits from there.
    fn up_to(&self, cx: &Cx<Self>, version: i64) -> Result<Vec<Vec<u8>>> {
        let gone = || Error::not_found("this version can't be seen: the history says which can");
        ensure!((0..=self.version).contains(&version), gone());
        let snapshot =
            sql!(cx, Snapshot, "SELECT * FROM snapshot WHERE version <= :version ORDER BY version DESC LIMIT 1")
                .optional()?;
        let from = snapshot.as_ref().map_or(0, |snapshot| snapshot.version);
        let edits = sql!(
            cx,
            Vec<u8>,
            "SELECT \"update\" FROM edit WHERE version > :from AND version <= :version ORDER BY version"
        )
        .all()?;
        ensure!(edits.len() as i64 == version - from, gone());
        Ok(snapshot.into_iter().map(|snapshot| snapshot.state).chain(edits).collect())
    }
}

/// Applies edits to a document.
fn apply(doc: &Doc, updates: Vec<Vec<u8>>) -> Result {
    let mut transaction = doc.transact_mut();
    for update in updates {
        let update = Update::decode_v1(&update).context("an edit can't be read")?;
        transaction.apply_update(update).context("an edit can't be applied")?;
    }
    Ok(())
}
