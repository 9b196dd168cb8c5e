//! The first version: notes, with full text.

use do_runtime::prelude::*;

#[table(search = body)]
#[derive(Debug, Clone)]
struct Note {
    #[key]
    id: Id<Note>,
    author: String,
    body: String,
}

#[durable_object(
    tables(Note),
    migrations(1 = "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, body TEXT NOT NULL) STRICT")
)]
struct Room;

#[durable_object]
impl Room {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result {
        cx.insert(Note::new(author, body)).map(drop)
    }

    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>, count: i64) -> Result {
        (0..count).try_for_each(|n| self.add(cx, format!("author {}", n % 100), format!("note number{n}")))
    }

    #[rpc]
    fn notes(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let notes = sql!(cx, Note, "SELECT * FROM note ORDER BY id", allow(scan, "a test")).all()?;
        Ok(notes.into_iter().map(|note| format!("{}: {}", note.author, note.body)).collect())
    }

    #[rpc]
    fn find(&self, cx: &Cx<Self>, query: String) -> Result<Vec<String>> {
        Ok(Note::search(cx, &query).all()?.into_iter().map(|note| note.body).collect())
    }

    #[rpc]
    fn check(&self, cx: &Cx<Self>) -> Result<String> {
        let sum =
            sql!(cx, "SELECT sum(length(body)) AS sum, count(*) AS count FROM note", allow(scan, "a test")).one()?;
        Ok(format!("{} {:?} {}", sum.count, sum.sum, Note::search(cx, "note").count()?))
    }
}

do_versions::program!();
