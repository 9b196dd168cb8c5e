//! A desk: folders with unique labels that hold sheets, items under keys, passes that expire, all noted in stored fields as well.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use super::tables::{Folder, Offer, Pass, Session, Sheet, Stamp, Ticket};
use super::{Done, Entry, Kind, ON_PURPOSE, at, is_whole};

/// A desk.
#[durable_object(tables(Entry, Folder, Sheet, Pass, Session, Stamp, Ticket, Offer), limits(transaction = "1MiB"))]
pub struct Desk {
    #[stored]
    life: i64,
    #[stored]
    sum: i64,
    #[stored]
    last: Vec<i64>,
    #[ephemeral]
    since_wake: u64,
    /// A handler has panicked in this instance.
    #[ephemeral]
    spoiled: bool,
}

/// Everything that is on a desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeskView {
    /// The life, 0 for a desk that does not exist.
    pub life: i64,
    /// Its name, as it knows it.
    pub name: Option<String>,
    /// When the desk was looked at.
    pub now: Timestamp,
    /// Its log.
    pub log: Vec<Entry>,
    /// What was asked of tables, key-values and stored fields.
    pub contents: DeskContents,
}

/// What is on a desk besides its log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DeskContents {
    /// The sum of the tokens.
    pub sum: i64,
    /// The last few tokens.
    pub last: Vec<i64>,
    /// How many operations were applied, by a key.
    pub count: i64,
    /// Label, the label of the one that it stands behind, memo.
    pub folders: Vec<(String, Option<String>, String)>,
    /// Label, rank and token, in the order of the index.
    pub sheets: Vec<(String, i64, i64)>,
    /// How many rows a count of them gives.
    pub sheet_count: i64,
    /// Labels of what a search for each of some words finds.
    pub found: Vec<Vec<String>>,
    /// Items by their keys.
    pub items: BTreeMap<String, i64>,
    /// Tokens of passes.
    pub passes: Vec<i64>,
    /// Name and token of sessions.
    pub sessions: Vec<(String, i64)>,
    /// Token of a stamp and of its session.
    pub stamps: Vec<(i64, i64)>,
    /// Token of a ticket and of its session.
    pub tickets: Vec<(i64, Option<i64>)>,
    /// Name and token of offers.
    pub offers: Vec<(String, i64)>,
}

/// The words that memos are made of.
pub const WORDS: [&str; 3] = ["amber", "birch", "cedar"];

/// How many tokens a desk keeps in a stored field.
pub const LAST: usize = 6;

#[durable_object]
impl Desk {
    #[rpc]
    fn open(
        &mut self,
        cx: &mut Cx<Self>,
        token: i64,
        label: String,
        behind: Option<String>,
        memo: String,
    ) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let behind = match behind {
            Some(behind) => Folder::by_label(cx, &behind)?.map(|folder| folder.id),
            None => None,
        };
        let folder = cx.insert(Folder::new(label, behind, memo)).map_err(|error| refused(&done, error))?;
        Ok(Done { value: i64::from(folder.behind.is_some()), ..done })
    }

    #[rpc]
    fn file(&mut self, cx: &mut Cx<Self>, token: i64, label: String, rank: i64, size: u32) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let folder = Folder::by_label(cx, &label)?.context("no such folder").map_err(|error| refused(&done, error))?;
        let padding = "x".repeat(size as usize);
        cx.insert(Sheet::new(folder.id, token, rank, padding)).map_err(|error| refused(&done, error))?;
        Ok(Done { value: Sheet::by_folder(cx, folder.id).count()?, ..done })
    }

    #[rpc]
    fn drop_folder(&mut self, cx: &mut Cx<Self>, token: i64, label: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let dropped = match Folder::by_label(cx, &label)? {
            Some(folder) => cx.delete::<Folder>(folder.id)?,
            None => false,
        };
        Ok(Done { value: i64::from(dropped), ..done })
    }

    #[rpc]
    fn relabel(&mut self, cx: &mut Cx<Self>, token: i64, from: String, to: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let changed = sql!(cx, "UPDATE folder SET label = :to WHERE label = :from").run();
        Ok(Done { value: changed.map_err(|error| refused(&done, error))?.cast_signed(), ..done })
    }

    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, token: i64, key: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        cx.kv_mut().put(&format!("item/{key}"), &token)?;
        Ok(done)
    }

    #[rpc]
    fn take(&mut self, cx: &mut Cx<Self>, token: i64, key: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let was = cx.kv_mut().delete(&format!("item/{key}"))?;
        Ok(Done { value: i64::from(was), ..done })
    }

    /// A part of it fails and is undone; the rest stays.
    #[rpc]
    fn in_part(&mut self, cx: &mut Cx<Self>, token: i64, label: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let part = cx.savepoint(self, |me, cx| {
            me.spoil(cx, token, &label)?;
            bail!("a part that fails")
        });
        let part: Result = part;
        if part.is_ok() {
            return Err(Error::new(ErrorKind::Internal, "a part that fails has succeeded"));
        }
        cx.kv_mut().put("item/part", &token)?;
        Ok(done)
    }

    /// Writes in many places, and fails.
    #[rpc]
    fn fail(&mut self, cx: &mut Cx<Self>, token: i64, label: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        self.spoil(cx, token, &label)?;
        Err(refused(&done, Error::new(ErrorKind::Denied, "as it was asked to")))
    }

    /// Writes in many places, and panics.
    #[rpc]
    fn panic(&mut self, cx: &mut Cx<Self>, token: i64, label: String) -> Result<Done> {
        self.begin(cx, token)?;
        self.spoil(cx, token, &label)?;
        self.spoiled = true;
        std::panic::panic_any(ON_PURPOSE)
    }

    #[rpc]
    fn issue(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        let done = self.begin(cx, token)?;
        cx.insert(Pass::new(token))?;
        Ok(Done { value: cx.count::<Pass>()?, ..done })
    }

    #[rpc]
    fn log_in(&mut self, cx: &mut Cx<Self>, token: i64, name: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        cx.insert(Session::new(name, token)).map_err(|error| refused(&done, error))?;
        Ok(done)
    }

    /// Moves the end of a session, and writes what goes with it and what stays.
    #[rpc]
    fn touch(&mut self, cx: &mut Cx<Self>, token: i64, name: String) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let session = Session::by_name(cx, &name)?.context("no such session").map_err(|error| refused(&done, error))?;
        let now = cx.now();
        cx.update(&Session { used_at: now, ..session.clone() })?;
        cx.insert(Stamp::new(session.id, token))?;
        cx.insert(Ticket::new(Some(session.id), token))?;
        Ok(Done { value: session.token, ..done })
    }

    #[rpc]
    fn offer(&mut self, cx: &mut Cx<Self>, token: i64, name: String, seconds: Option<u64>) -> Result<Done> {
        let done = self.begin(cx, token)?;
        let until = seconds.map(|seconds| cx.now() + secs(seconds));
        // Another one ends a millisecond later.
        cx.upsert(Offer::new(format!("{name}, later"), token, until.map(|until| until + millis(1))))?;
        cx.upsert(Offer::new(name, token, until))?;
        Ok(done)
    }

    /// Ends the desk, if nothing is in the way.
    #[rpc]
    fn erase(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        let done = self.begin(cx, token)?;
        cx.delete_all()?;
        (self.life, self.sum, self.last) = (0, 0, Vec::new());
        Ok(done)
    }

    /// Another object calls.
    #[rpc]
    fn note(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        let done = self.place(cx)?;
        self.live(cx);
        cx.insert(Entry::new(token, Kind::Noted, ""))?;
        Ok(Done { life: self.life, ..done })
    }

    #[rpc]
    fn view(&self, cx: &Cx<Self>) -> Result<DeskView> {
        ensure!(!self.spoiled, "an instance goes on in which a handler has panicked");
        is_whole(cx.sql_unchecked("PRAGMA integrity_check", ()).all()?)?;
        let log = cx.sql_unchecked("SELECT * FROM entry ORDER BY id", ()).all()?;
        Ok(DeskView {
            life: self.life,
            name: cx.name().map(str::to_owned),
            now: cx.now(),
            log,
            contents: self.contents(cx)?,
        })
    }
}

#[durable_object(helpers)]
impl Desk {
    fn place(&self, cx: &Cx<Self>) -> Result<Done> {
        ensure!(!self.spoiled, "an instance goes on in which a handler has panicked");
        let place = cx.count::<Entry>()?.unsigned_abs();
        Ok(Done { life: self.life, place, value: 0 })
    }

    /// The number of a life is drawn: one operation may note something in two of them.
    fn live(&mut self, cx: &mut Cx<Self>) {
        if self.life == 0 {
            self.life = 1 + (cx.random() >> 36).cast_signed();
        }
    }

    /// What every operation does: its token goes into a row, two stored fields and a key.
    fn begin(&mut self, cx: &mut Cx<Self>, token: i64) -> Result<Done> {
        let before = self.place(cx)?;
        self.live(cx);
        self.since_wake += 1;
        self.sum += token;
        self.last.push(token);
        if self.last.len() > LAST {
            self.last.remove(0);
        }
        cx.insert(Entry::new(token, Kind::Called, ""))?;
        let count: i64 = cx.kv().get("count")?.unwrap_or(0);
        cx.kv_mut().put("count", &(count + 1))?;
        Ok(Done { life: self.life, ..before })
    }

    /// Changes something of every kind, to be undone.
    fn spoil(&mut self, cx: &mut Cx<Self>, token: i64, label: &str) -> Result {
        self.sum += 1_000_000;
        self.last.clear();
        self.life = -token;
        cx.insert(Entry::new(-token, Kind::Called, "undone"))?;
        if let Some(folder) = Folder::by_label(cx, label)? {
            cx.insert(Sheet::new(folder.id, -token, 0, "undone".repeat(300)))?;
            cx.delete::<Folder>(folder.id)?;
        }
        cx.insert(Folder::new(label, None, WORDS.join(" ")))?;
        cx.insert(Pass::new(-token))?;
        sql!(cx, "UPDATE ticket SET session = NULL", allow(scan, "there are few")).run()?;
        let mut kv = cx.kv_mut();
        // Pages that are taken back with the rest.
        kv.put("item/undone", &"undone".repeat(4_000))?;
        kv.put("count", &0)
    }

    fn contents(&self, cx: &Cx<Self>) -> Result<DeskContents> {
        let found = WORDS.iter().map(|word| {
            let mut labels: Vec<String> =
                Folder::search(cx, word).all()?.into_iter().map(|folder| folder.label).collect();
            labels.sort();
            Ok(labels)
        });
        let folders =
            "SELECT f.label, b.label, f.memo FROM folder f LEFT JOIN folder b ON b.id = f.behind ORDER BY f.label";
        let sheets = "SELECT f.label, s.rank, s.token FROM sheet s JOIN folder f ON f.id = s.folder \
                      ORDER BY f.label, s.rank DESC, s.token";
        let stamps = "SELECT s.token, o.token FROM stamp s JOIN session o ON o.id = s.session ORDER BY s.token";
        let tickets = "SELECT t.token, o.token FROM ticket t LEFT JOIN session o ON o.id = t.session ORDER BY t.token";
        let items: Vec<(String, i64)> = cx.kv().list().prefix("item/").all()?;
        Ok(DeskContents {
            sum: self.sum,
            last: self.last.clone(),
            count: cx.kv().get("count")?.unwrap_or(0),
            folders: cx.sql_unchecked(folders, ()).all()?,
            sheets: cx.sql_unchecked(sheets, ()).all()?,
            sheet_count: cx.count::<Sheet>()?,
            found: found.collect::<Result<_>>()?,
            items: items.into_iter().map(|(key, token)| (key["item/".len()..].to_owned(), token)).collect(),
            passes: cx.sql_unchecked("SELECT token FROM pass ORDER BY token", ()).all()?,
            sessions: cx.sql_unchecked("SELECT name, token FROM session ORDER BY name", ()).all()?,
            stamps: cx.sql_unchecked(stamps, ()).all()?,
            tickets: cx.sql_unchecked(tickets, ()).all()?,
            offers: cx.sql_unchecked("SELECT name, token FROM offer ORDER BY name", ()).all()?,
        })
    }
}

/// A refusal with the place in the log before the call.
fn refused(done: &Done, error: Error) -> Error {
    // A desk that does not exist yet has no life, whatever this call began.
    at(if done.place == 0 { 0 } else { done.life }, done.place, error)
}
