//! The rules of a document that many edit.

use std::collections::VecDeque;

use collab_editor::{Cursor, Document, DocumentStub, Edit, Said, Snapshot, TEXT, Told};
use do_runtime::prelude::*;
use do_runtime::testing::TestSocket;
use yrs::updates::decoder::Decode;
use yrs::{Doc, GetString, ReadTxn, StateVector, Text, Transact, Update};

fn notes(kit: &TestKit) -> DocumentStub {
    kit.objects().get_by_name::<Document>("notes")
}

/// Numbers that look random, and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(end)) as u32
    }
}

/// An editor as the page is one.
struct Editor {
    doc: Doc,
    socket: TestSocket,
    /// What it has written and not sent yet.
    written: VecDeque<Bytes>,
}

impl Editor {
    /// Opens the document, and reads it.
    async fn open(kit: &TestKit, user: &str) -> Result<Self> {
        let socket = kit.connect(&notes(kit), &format!("/?user={user}")).await?;
        let mut editor = Editor { doc: Doc::new(), socket, written: VecDeque::new() };
        editor.doc.get_or_insert_text(TEXT);
        editor.hear().await?;
        Ok(editor)
    }

    fn text(&self) -> String {
        self.doc.get_or_insert_text(TEXT).get_string(&self.doc.transact())
    }

    /// Applies the edits that were sent to it, and gives what it was told.
    async fn hear(&mut self) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        while !self.socket.is_quiet() {
            match self.socket.receive_any().await? {
                TextOrBinary::Binary(update) => apply(&self.doc, &update)?,
                TextOrBinary::Text(text) => told.push(serde_json::from_str(&text).or_invalid()?),
            }
        }
        Ok(told)
    }

    fn write(&mut self, at: u32, words: &str) {
        self.change(|text, transaction| text.insert(transaction, at, words));
    }

    fn change(&mut self, how: impl FnOnce(&yrs::TextRef, &mut yrs::TransactionMut<'_>)) {
        let text = self.doc.get_or_insert_text(TEXT);
        let mut transaction = self.doc.transact_mut();
        how(&text, &mut transaction);
        self.written.push_back(transaction.encode_update_v1().into());
    }

    /// Sends the oldest edit that was not sent.
    async fn send(&mut self) -> Result {
        match self.written.pop_front() {
            Some(update) => self.socket.send(&Said::Edit(update)).await,
            None => Ok(()),
        }
    }
}

fn apply(doc: &Doc, update: &[u8]) -> Result {
    let update = Update::decode_v1(update).context("it is an edit")?;
    doc.transact_mut().apply_update(update).context("it can be applied")
}

#[do_runtime::test]
async fn a_new_client_gets_the_document(kit: TestKit) -> Result {
    let mut ann = Editor::open(&kit, "ann").await?;
    ann.write(0, "lamps, ä, 🎉");
    ann.send().await?;
    let ben = Editor::open(&kit, "ben").await?;
    assert_eq!(ben.text(), "lamps, ä, 🎉");
    // The same when it was summed up, and from a machine that was started again.
    for number in 0..150 {
        ann.write(0, &format!("{number} "));
        ann.send().await?;
    }
    kit.advance("1m").await;
    assert_eq!(kit.physical_rows::<Snapshot>(&notes(&kit)).await?, 1);
    assert_eq!(Editor::open(&kit, "cyd").await?.text(), ann.text());
    kit.crash().await?;
    assert_eq!(Editor::open(&kit, "dee").await?.text(), ann.text());
    Ok(())
}

#[do_runtime::test]
async fn an_edit_reaches_all_but_its_sender(kit: TestKit) -> Result {
    let mut ann = Editor::open(&kit, "ann").await?;
    let mut others = Vec::new();
    for number in 0..20 {
        others.push(Editor::open(&kit, &format!("editor{number}")).await?);
    }
    kit.evict_all().await?; // the editors stay connected while the document sleeps
    ann.write(0, "hello");
    ann.send().await?;
    kit.settle().await; // it is on disk before anybody hears of it
    for other in &mut others {
        other.hear().await?;
        assert_eq!(other.text(), "hello");
    }
    assert_eq!(ann.socket.receive::<Told>().await?, Told::Kept);
    assert!(ann.socket.is_quiet(), "its own edit does not come back");
    Ok(())
}

#[do_runtime::test]
async fn edits_made_at_once_converge(kit: TestKit) -> Result {
    for seed in 1..=10 {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ seed);
        let mut editors = Vec::new();
        for number in 0..8 {
            editors.push(Editor::open(&kit, &format!("editor{number}")).await?);
        }
        for _ in 0..400 {
            let place = chance.below(8) as usize;
            match chance.below(10) {
                0..5 => {
                    let editor = &mut editors[place];
                    let length = editor.text().len() as u32;
                    match length {
                        1.. if chance.below(3) == 0 => {
                            let from = chance.below(length);
                            let count = 1 + chance.below((length - from).min(5));
                            editor.change(|text, transaction| text.remove_range(transaction, from, count));
                        }
                        _ => editor.write(chance.below(length + 1), ["a", "bc", "def "][chance.below(3) as usize]),
                    }
                }
                5..7 => editors[place].send().await?,
                7..9 => drop(editors[place].hear().await?),
                // Somebody new comes, and somebody goes with what they have not sent.
                _ if chance.below(20) == 0 => editors[place] = Editor::open(&kit, "newcomer").await?,
                _ if chance.below(20) == 0 => kit.evict_all().await?,
                _ => kit.advance("1s").await,
            }
        }
        for editor in &mut editors {
            while !editor.written.is_empty() {
                editor.send().await?;
            }
        }
        kit.settle().await;
        let text = notes(&kit).text().await?;
        for editor in &mut editors {
            editor.hear().await?;
            assert_eq!(editor.text(), text, "seed {seed}");
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn an_edit_that_is_kept_survives_a_power_cut_at_any_point(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    let mut unsent: VecDeque<Bytes> = VecDeque::new();
    let mut ann = Editor::open(&kit, "ann").await?;
    for cut in 0_u64..40 {
        kit.disk().cut_power_after(cut % 8);
        for number in 0..10 {
            ann.write(0, &format!("{cut}.{number} "));
            let update = ann.written.pop_back().context("it was written")?;
            unsent.push_back(update.clone());
            let _ = ann.socket.send(&Said::Edit(update)).await;
        }
        for message in ann.hear().await.unwrap_or_default() {
            if message == Told::Kept {
                unsent.pop_front();
            }
        }
        kit.crash().await?;
        kit.advance("1m").await;
        let doc = std::mem::take(&mut ann.doc);
        ann = Editor::open(&kit, "ann").await?;
        let state = ann.doc.transact().encode_state_as_update_v1(&StateVector::default());
        apply(&doc, &state)?;
        ann.doc = doc;
        // What it did not hear of it sends again: what was on disk already is applied once.
        for update in unsent.drain(..) {
            ann.socket.send(&Said::Edit(update)).await?;
        }
        ann.hear().await?;
        assert_eq!(notes(&kit).text().await?, ann.text(), "power cut after {cut} steps");
    }
    Ok(())
}

#[do_runtime::test]
async fn the_history_can_be_replayed(kit: TestKit) -> Result {
    let mut ann = Editor::open(&kit, "ann").await?;
    let mut texts = vec![String::new()];
    for number in 0..30 {
        match number % 3 {
            2 => ann.change(|text, transaction| text.remove_range(transaction, 0, 1)),
            _ => ann.write(number / 2, "xy"),
        }
        ann.send().await?;
        texts.push(ann.text());
    }
    kit.settle().await;
    kit.crash().await?;
    let versions: Vec<i64> = notes(&kit).history().await?.iter().map(|version| version.version).collect();
    assert_eq!(versions, (1..=30).collect::<Vec<_>>());
    for version in versions {
        assert_eq!(notes(&kit).text_at(version).await?, texts[version as usize]);
    }
    for version in [-1, 31, i64::MAX, i64::MIN] {
        let refused = notes(&kit).text_at(version).await.map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::NotFound));
    }
    Ok(())
}

#[do_runtime::test]
async fn edits_are_summed_up_and_every_version_of_the_history_is_what_it_was(kit: TestKit) -> Result {
    let mut ann = Editor::open(&kit, "ann").await?;
    let mut texts = vec![String::new()];
    for number in 0..1_250 {
        ann.write(0, &format!("{number} "));
        ann.send().await?;
        texts.push(ann.text());
        if number % 50 == 0 {
            kit.advance("2s").await;
        }
    }
    ann.hear().await?;
    let rows = kit.physical_rows::<Edit>(&notes(&kit)).await?;
    assert!((500..=650).contains(&rows), "{rows} edits are kept one by one");
    let history = notes(&kit).history().await?;
    assert!(history.windows(2).all(|pair| pair[0].version < pair[1].version));
    assert!(history.first().is_some_and(|version| version.version <= 150 && version.author.is_none()));
    for version in history {
        assert_eq!(notes(&kit).text_at(version.version).await?, texts[version.version as usize]);
    }
    assert_eq!(notes(&kit).text_at(50).await.map_err(|error| error.kind()), Err(ErrorKind::NotFound));
    Ok(())
}

#[do_runtime::test]
async fn cursors_are_handed_on_and_never_stored(kit: TestKit) -> Result {
    let ann = Editor::open(&kit, "ann").await?;
    let mut ben = Editor::open(&kit, "ben").await?;
    let cursor = Cursor { anchor: "AAA".into(), head: "AAB".into() };
    ann.socket.send(&Said::Cursor(cursor.clone())).await?;
    assert!(
        matches!(&ben.hear().await?[..], [Told::Cursor { user, cursor: told, .. }] if user == "ann" && *told == cursor)
    );
    assert!(ann.socket.is_quiet());
    assert!(kit.list::<Document>().await?.is_empty(), "nothing was written");

    // It outlives a nap, and whoever comes learns of it; it goes with its editor.
    kit.evict_all().await?;
    let mut cyd = kit.connect(&notes(&kit), "/?user=cyd").await?;
    let Told::Cursor { editor, .. } = cyd.receive().await? else { bail!("somebody is there") };
    assert_eq!(cyd.receive::<Told>().await?, Told::Ready);
    drop(ann);
    assert_eq!(ben.socket.receive::<Told>().await?, Told::Left(editor));
    Ok(())
}

#[do_runtime::test]
async fn what_is_no_edit_is_refused_and_told_to_nobody(kit: TestKit) -> Result {
    let mut ben = Editor::open(&kit, "ben").await?;
    let mut chance = Chance(7);
    for length in 0..200 {
        let mut eve = Editor::open(&kit, "eve").await?;
        let garbage: Vec<u8> = (0..length).map(|_| 128 + chance.below(128) as u8).collect();
        let refused = eve.socket.send(&Said::Edit(garbage.into())).await;
        assert!(refused.is_err(), "{length} bytes of garbage");
        assert_eq!(eve.socket.closed().await?.0, 1008);
        drop(eve);
    }
    let eve = Editor::open(&kit, "eve").await?;
    assert!(eve.socket.send(&Said::Edit(vec![0; 1 << 20].into())).await.is_err(), "too large");
    drop(eve);
    assert!(ben.hear().await?.iter().all(|told| matches!(told, Told::Left(_))));
    assert_eq!(notes(&kit).text().await?, "");
    assert!(kit.list::<Document>().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn the_text_is_there_over_http(kit: TestKit) -> Result {
    let mut ann = Editor::open(&kit, "ann").await?;
    ann.write(0, "hello");
    ann.send().await?;
    let response = kit.fetch("GET", "/objects/Document/notes/text", "").await?;
    assert_eq!((response.code(), response.body_text().as_str()), (200, "hello"));
    let then = kit.fetch("POST", "/rpc/Document/notes/text_at", r#"{"version":0}"#).await?;
    assert_eq!((then.code(), then.body_json::<String>()?.as_str()), (200, ""));
    Ok(())
}
