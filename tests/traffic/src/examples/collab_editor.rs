//! Edits over sockets. After a kill an editor sends again what it did not hear of, as the page does. Each word that was kept is in the text
//! once and whole, and who opens the document afterwards has the text that the server has.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::Message;
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, Text, Transact, Update};

use super::{lines, number};
use crate::drive::Traffic;
use crate::findings::{Fate, Ledger};
use crate::user::{Socket, Stop, User};

/// How many edits there are of a document, about.
const EDITS: u64 = 1_500;

/// What the text is called inside the document.
const TEXT: &str = "text";

#[derive(Default)]
pub(super) struct CollabEditor {
    documents: Mutex<BTreeMap<String, Ledger>>,
}

/// What an editor has open.
#[derive(Default)]
pub(super) struct Editor {
    name: String,
    doc: Doc,
    socket: Option<Socket>,
    /// What it did not hear of yet: the word, and the edit.
    unheard: VecDeque<(String, Vec<u8>)>,
}

impl Editor {
    /// Opens the document, if it is not open, and sends again what was not heard of.
    async fn open(&mut self, user: &mut User) -> Result<Socket, Stop> {
        if let Some(socket) = self.socket.take() {
            return Ok(socket);
        }
        let mut socket =
            user.connect(&format!("/objects/Document/{}?user=user{}", self.name, user.number), None).await?;
        while self.hear(user, &mut socket).await? != "ready" {}
        for (_, update) in &self.unheard {
            user.say(&mut socket, json!({"edit": update}).to_string()).await?;
        }
        Ok(socket)
    }

    /// Hears something: an edit is applied, of anything else this is the name.
    async fn hear(&mut self, user: &mut User, socket: &mut Socket) -> Result<String, Stop> {
        match user.hear(socket).await? {
            Message::Binary(update) => apply(&self.doc, &update).map(|()| String::new()),
            said => {
                let said: Value = serde_json::from_str(said.to_text().unwrap_or_default()).unwrap_or_default();
                Ok(said.as_str().unwrap_or_default().to_owned())
            }
        }
    }

    /// Writes a word at the beginning or at the end, where it is inside of no other.
    fn write(&mut self, word: &str, first: bool) -> Vec<u8> {
        let text = self.doc.get_or_insert_text(TEXT);
        let mut transaction = self.doc.transact_mut();
        let at = if first { 0 } else { text.len(&transaction) };
        text.insert(&mut transaction, at, word);
        transaction.encode_update_v1()
    }
}

impl Traffic for CollabEditor {
    const NAME: &'static str = "collab-editor";
    const USERS: usize = 16;
    type Memory = Editor;

    async fn step(&self, user: &mut User, editor: &mut Editor) -> Result<(), Stop> {
        let name = format!("notes-{}", user.step / EDITS);
        if editor.name != name && editor.unheard.is_empty() {
            *editor = Editor { name, ..Editor::default() };
        }
        let mut socket = editor.open(user).await?;
        let word = format!("<{}>", user.step);
        let update = editor.write(&word, user.random.bool());
        self.documents.lock().entry(editor.name.clone()).or_default().note(&word, Fate::Unknown);
        let begun = Instant::now();
        editor.unheard.push_back((word, update.clone()));
        user.say(&mut socket, json!({"edit": update}).to_string()).await?;
        while !editor.unheard.is_empty() {
            if editor.hear(user, &mut socket).await? == "kept"
                && let Some((word, _)) = editor.unheard.pop_front()
            {
                self.documents.lock().entry(editor.name.clone()).or_default().note(word, Fate::There);
            }
        }
        user.heard_back(begun.elapsed());
        // One in fifty goes and comes again.
        editor.socket = Some(socket).filter(|_| user.random.u8(0..50) > 0);
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let documents = std::mem::take(&mut *self.documents.lock());
        for (name, words) in documents {
            let text = user.request("GET", &format!("/objects/Document/{name}/text"), None, &[]).await?.value()?;
            let text = text.as_str().unwrap_or_default();
            user.compare_all("words", &words, text.split_inclusive('>'));

            let mut editor = Editor { name: name.clone(), ..Editor::default() };
            editor.open(user).await?;
            let opened = editor.doc.get_or_insert_text(TEXT).get_string(&editor.doc.transact());
            user.ensure(opened == text, || format!("who opens {name} gets another text than the server has"));

            let history = user.ask("Document", &name, "history", json!({})).await?;
            let versions: Vec<u64> = lines(&history).map(|version| number(version, "version")).collect();
            user.ensure(versions.is_sorted_by(|one, next| one < next), || format!("versions: {versions:?}"));
            let last = user.ask("Document", &name, "text_at", json!({"version": versions.last()})).await?;
            user.ensure(last == text, || format!("the last version of {name} is not its text"));
        }
        Ok(())
    }
}

fn apply(doc: &Doc, update: &[u8]) -> Result<(), Stop> {
    let update = Update::decode_v1(update).map_err(|error| Stop::Broken(format!("an edit can't be read: {error}")))?;
    let applied = doc.transact_mut().apply_update(update);
    applied.map_err(|error| Stop::Broken(format!("an edit can't be applied: {error}")))
}
