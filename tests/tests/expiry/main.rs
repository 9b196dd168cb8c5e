//! Rows that expire: gone from the instant on, deleted later.

mod cleanup;
mod rows;

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use serde::{Deserialize, Serialize};

/// Lives thirty seconds from the moment on at which it is written.
#[table(ttl = "30s", index = author, search = body)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Message {
    #[key]
    id: Id<Message>,
    author: String,
    body: String,
    #[references(on_delete = set_null)]
    reply_to: Option<Id<Message>>,
}

/// Lives a minute from its last use on.
#[table(ttl = "1m", ttl_from = used_at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Session {
    #[key]
    id: Id<Session>,
    #[unique]
    token: String,
    #[default(now)]
    used_at: Timestamp,
}

/// Goes with its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Item {
    #[key]
    id: Id<Item>,
    #[references(on_delete = cascade)]
    #[index]
    session: Id<Session>,
    name: String,
}

/// Goes with its item.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Note {
    #[key]
    id: Id<Note>,
    #[references(on_delete = cascade)]
    item: Option<Id<Item>>,
    text: String,
}

/// Loses its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Visit {
    #[key]
    page: String,
    #[references(on_delete = set_null)]
    session: Option<Id<Session>>,
}

/// Goes with the one above it.
#[table(ttl = "1m", ttl_from = at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Branch {
    #[key]
    id: Id<Branch>,
    #[references(on_delete = cascade)]
    above: Option<Id<Branch>>,
    at: Timestamp,
}

/// Says itself when it ends.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Offer {
    #[key]
    name: String,
    price: i64,
    #[expires_at]
    until: Option<Timestamp>,
}

#[durable_object(tables(Message, Session, Item, Note, Visit, Branch, Offer))]
struct Shop {
    #[stored]
    calls: u64,
}

#[durable_object]
impl Shop {
    #[rpc]
    fn say(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result<Message> {
        self.calls += 1;
        cx.insert(Message::new(author, body, None))
    }

    #[rpc]
    fn reply(&mut self, cx: &mut Cx<Self>, to: Id<Message>, body: String) -> Result<Message> {
        cx.insert(Message::new("bob", body, Some(to)))
    }

    #[rpc]
    fn messages(&self, cx: &Cx<Self>) -> Result<Vec<Message>> {
        sql!(cx, Message, "SELECT * FROM message ORDER BY id", allow(scan, "few")).all()
    }

    #[rpc]
    fn message(&self, cx: &Cx<Self>, id: Id<Message>) -> Result<Option<Message>> {
        cx.get::<Message>(id)
    }

    /// By each of the ways: the finder, its count, the table's count, full text, its count, SQL without the check.
    #[rpc]
    fn counts(&self, cx: &Cx<Self>, author: &str, word: &str) -> Result<Vec<usize>> {
        let unchecked = cx.sql_unchecked::<i64>("SELECT count(*) FROM message", ()).one()?;
        Ok(vec![
            Message::by_author(cx, author).all()?.len(),
            Message::by_author(cx, author).count()? as usize,
            cx.count::<Message>()? as usize,
            Message::search(cx, word).all()?.len(),
            Message::search(cx, word).count()? as usize,
            unchecked as usize,
        ])
    }

    #[rpc]
    fn found(&self, cx: &Cx<Self>, word: &str) -> Result<Vec<String>> {
        sql!(
            cx,
            String,
            "SELECT message.body FROM message_search JOIN message ON message.id = message_search.rowid
             WHERE message_search MATCH :word ORDER BY rank LIMIT 10"
        )
        .all()
    }

    #[rpc]
    fn log_in(&mut self, cx: &mut Cx<Self>, token: String) -> Result<Session> {
        self.calls += 1;
        let session = cx.insert(Session::new(token))?;
        let item = cx.insert(Item::new(session.id, "pen"))?;
        cx.insert(Note::new(Some(item.id), "blue"))?;
        cx.upsert(Visit { page: session.token.clone(), session: Some(session.id) })?;
        Ok(session)
    }

    #[rpc]
    fn log_in_at(&mut self, cx: &mut Cx<Self>, token: String, used_at: Timestamp) -> Result<Session> {
        self.calls += 1;
        cx.kv_mut().put("last", &token)?;
        cx.insert(Session::new(token).used_at(used_at))
    }

    #[rpc]
    fn touch(&mut self, cx: &mut Cx<Self>, token: &str) -> Result<Option<Session>> {
        let now = cx.now();
        sql!(cx, Session, "UPDATE session SET used_at = :now WHERE token = :token RETURNING *").optional()
    }

    #[rpc]
    fn update(&mut self, cx: &mut Cx<Self>, session: Session) -> Result {
        cx.update(&session)
    }

    #[rpc]
    fn remove(&mut self, cx: &mut Cx<Self>, id: Id<Session>) -> Result<bool> {
        cx.delete::<Session>(id)
    }

    #[rpc]
    fn session(&self, cx: &Cx<Self>, token: &str) -> Result<Option<Session>> {
        Session::by_token(cx, token)
    }

    /// Sessions, items, notes, visits, visits with a session.
    #[rpc]
    fn seen(&self, cx: &Cx<Self>) -> Result<(i64, i64, i64, i64, i64)> {
        let with_session = "SELECT count(session) FROM visit";
        Ok((
            cx.count::<Session>()?,
            cx.count::<Item>()?,
            cx.count::<Note>()?,
            cx.count::<Visit>()?,
            cx.sql_unchecked::<i64>(with_session, ()).one()?,
        ))
    }

    #[rpc]
    fn visit(&self, cx: &Cx<Self>, page: &str) -> Result<Option<Visit>> {
        cx.get::<Visit>(page)
    }

    #[rpc]
    fn grow(&mut self, cx: &mut Cx<Self>, above: Option<Id<Branch>>, at: Timestamp) -> Result<Id<Branch>> {
        Ok(cx.insert(Branch::new(above, at))?.id)
    }

    #[rpc]
    fn branches(&self, cx: &Cx<Self>) -> Result<Vec<Id<Branch>>> {
        sql!(cx, Id<Branch>, "SELECT id FROM branch ORDER BY id", allow(scan, "few")).all()
    }

    #[rpc]
    fn offer(&mut self, cx: &mut Cx<Self>, name: String, price: i64, until: Option<Timestamp>) -> Result<Offer> {
        cx.upsert(Offer { name, price, until })
    }

    /// The names in which the key and the index have them.
    #[rpc]
    fn offers(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        sql!(cx, String, "SELECT name FROM offer ORDER BY name", allow(scan, "few")).all()
    }

    /// Writes a row that has expired, and takes it away again.
    #[rpc]
    fn pass(&mut self, cx: &mut Cx<Self>) -> Result {
        let past = cx.now() - hours(1);
        let session = cx.insert(Session::new("past").used_at(past))?;
        cx.delete::<Session>(session.id).map(drop)
    }

    /// A part that is undone, after which the rest goes on.
    #[rpc]
    fn undo_part(&mut self, cx: &mut Cx<Self>, token: String) -> Result<bool> {
        let past = cx.now() - hours(1);
        let undone = cx.savepoint(self, |_, cx| {
            cx.insert(Session::new("past").used_at(past))?;
            bail!("never mind") as Result
        });
        cx.insert(Session::new(token))?;
        Ok(undone.is_err())
    }

    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>, count: i64) -> Result<u64> {
        let now = cx.now();
        sql!(
            cx,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
             INSERT INTO session (token, used_at) SELECT 'filled ' || i, :now FROM n"
        )
        .run()
    }

    #[rpc]
    fn fail(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.insert(Session::new("never"))?;
        bail!("it fails")
    }

    /// Lets no session be deleted before this time.
    #[rpc]
    fn keep_until(&mut self, cx: &mut Cx<Self>, time: Timestamp) -> Result {
        let until = time.as_millis();
        let sql = format!(
            "CREATE TRIGGER keep BEFORE DELETE ON session WHEN unixepoch('subsec') * 1000 < {until}
             BEGIN SELECT RAISE(ABORT, 'they are kept'); END"
        );
        cx.sql_unchecked::<()>(&sql, ()).run().map(drop)
    }

    #[rpc]
    fn calls(&self) -> Result<u64> {
        Ok(self.calls)
    }
}

async fn on_disk(kit: &TestKit, shop: &ShopStub) -> Result<(u64, u64, u64, u64)> {
    Ok((
        kit.physical_rows::<Session>(shop).await?,
        kit.physical_rows::<Item>(shop).await?,
        kit.physical_rows::<Note>(shop).await?,
        kit.physical_rows::<Visit>(shop).await?,
    ))
}

/// When the cleanup of an object is due, after now.
async fn cleanup_in(kit: &TestKit, shop: &ShopStub) -> Result<Option<std::time::Duration>> {
    let pending = kit.pending_alarms(shop).await?;
    assert!(pending.iter().all(|alarm| alarm.method() == "cleanup"));
    let millis_left = pending.first().map(|alarm| alarm.due().as_millis() - kit.now().as_millis());
    Ok(millis_left.map(|left| millis(left.unsigned_abs())))
}
