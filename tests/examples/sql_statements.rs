//! What SQL can say, says it here too.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;

#[table(index = (author, at), unique = slug, search = body)]
pub struct Message {
    #[key]
    pub id: Id<Message>,
    pub author: String,
    pub slug: String,
    pub body: String,
    pub reply_to: Option<i64>,
    pub r#type: String,
    #[default(now)]
    pub at: Timestamp,
}

#[derive(Row)]
pub struct Total {
    pub author: String,
    pub lines: i64,
    pub latest: Option<Timestamp>,
}

#[derive(Row)]
pub struct Kind {
    pub r#type: String,
}

#[durable_object(tables(Message))]
pub struct Room;

#[durable_object]
impl Room {
    pub fn raw(&self, cx: &Cx<Self>, author: &str, since: Timestamp) -> Result<Vec<Message>> {
        sql!(
            cx,
            Message,
            r#"
                SELECT *           -- all of it
                FROM "message" AS m
                WHERE m.author = :author
                  AND m.at >= :since
                ORDER BY m.at
            "#,
        )
        .all()
    }

    pub fn lists(
        &self,
        cx: &Cx<Self>,
        authors: &[String],
        ids: Vec<Id<Message>>,
    ) -> Result<Vec<(Id<Message>, String)>> {
        let names = ["ann", "bob"];
        let mut rows: Vec<(Id<Message>, String)> =
            sql!(cx, (Id<Message>, String), "SELECT id, body FROM message WHERE author IN (:authors)").all()?;
        rows.extend(sql!(cx, (Id<Message>, String), "SELECT id, body FROM message WHERE author IN (:names)").all()?);
        rows.extend(sql!(cx, (Id<Message>, String), "SELECT id, body FROM message WHERE id IN (:ids)").all()?);
        rows.extend(
            sql!(cx, (Id<Message>, String), "SELECT id, body FROM message WHERE id IN (:some)", some = [1, 2, 3])
                .all()?,
        );
        Ok(rows)
    }

    pub fn keywords(&self, cx: &Cx<Self>, r#type: &str) -> Result<Vec<String>> {
        let row = sql!(cx, r#"SELECT type, at AS "as" FROM message WHERE id = 1"#).optional()?;
        let _: Option<(String, Timestamp)> = row.map(|row| (row.r#type, row.r#as));
        let kinds = sql!(cx, Kind, "SELECT type FROM message WHERE author = 'ann' AND type = :type").all()?;
        let more =
            sql!(cx, String, "SELECT type FROM message WHERE author = 'ann' AND type = :type", r#type = "x").all()?;
        Ok(kinds.into_iter().map(|kind| kind.r#type).chain(more).collect())
    }

    pub fn never_null(&self, cx: &Cx<Self>, id: Id<Message>) -> Result<(i64, Option<String>)> {
        let known =
            sql!(cx, i64, r#"SELECT reply_to AS "reply_to!" FROM message WHERE id = :id AND reply_to IS NOT NULL"#);
        let perhaps = sql!(cx, r#"SELECT body AS "body?" FROM message WHERE id = :id"#).one()?;
        Ok((known.one()?, perhaps.body))
    }

    pub fn add(&mut self, cx: &mut Cx<Self>, author: String, slug: &str, at: Timestamp) -> Result<(Id<Message>, u64)> {
        let id = sql!(
            cx,
            Id<Message>,
            "INSERT INTO message (author, slug, body, type) VALUES (:author, :slug, '', 'text') RETURNING id",
        )
        .one()?;
        let changed = sql!(
            cx,
            "INSERT INTO message (author, slug, body, type, at) VALUES (:author, :slug, :body, 'text', :at)
             ON CONFLICT (slug) DO UPDATE SET body = excluded.body, at = max(at, excluded.at)",
            body = format!("hello, {author}"),
        )
        .run()?;
        Ok((id, changed))
    }

    pub fn returned(&mut self, cx: &mut Cx<Self>, author: &str) -> Result<Vec<Message>> {
        let gone = sql!(cx, "DELETE FROM message WHERE author = :author AND id = 1 RETURNING id, body").all()?;
        let _: Vec<(Id<Message>, String)> = gone.into_iter().map(|row| (row.id, row.body)).collect();
        sql!(cx, Message, "UPDATE message SET body = upper(body) WHERE author = :author RETURNING *").all()
    }

    pub fn totals(&self, cx: &Cx<Self>, author: &str) -> Result<Vec<Total>> {
        sql!(
            cx,
            Total,
            "SELECT author, count(*) AS lines, max(at) AS latest FROM message WHERE author = :author GROUP BY author",
        )
        .all()
    }

    pub fn thread(&self, cx: &Cx<Self>, root: Id<Message>) -> Result<Vec<String>> {
        sql!(
            cx,
            String,
            "WITH RECURSIVE thread (id) AS (
                 SELECT id FROM message WHERE id = :root
                 UNION ALL
                 SELECT message.reply_to FROM message JOIN thread ON message.id = thread.id
                 WHERE message.reply_to IS NOT NULL
             )
             SELECT message.body FROM thread JOIN message ON message.id = thread.id",
        )
        .all()
    }

    pub fn numbered(&self, cx: &Cx<Self>, author: &str) -> Result<Vec<(i64, String)>> {
        sql!(
            cx,
            (i64, String),
            "SELECT row_number() OVER (ORDER BY at DESC) AS place, body FROM message WHERE author = :author",
        )
        .all()
    }

    pub fn found(&self, cx: &Cx<Self>, words: &str) -> Result<Vec<(Id<Message>, String)>> {
        sql!(
            cx,
            (Id<Message>, String),
            "SELECT message.id, message.body
             FROM message_search JOIN message ON message.id = message_search.rowid
             WHERE message_search MATCH :words
             ORDER BY message_search.rank
             LIMIT 20",
        )
        .all()
    }
}

fn main() {}
