//! The third version: authors are rows of their own, so that the notes are made anew.

use do_runtime::prelude::*;

#[table(unique = name)]
#[derive(Debug, Clone)]
struct Author {
    #[key]
    id: Id<Author>,
    name: String,
}

#[table(search = body, index = author)]
#[derive(Debug, Clone)]
struct Note {
    #[key]
    id: Id<Note>,
    #[references(on_delete = cascade)]
    author: Id<Author>,
    body: String,
    length: i64,
}

#[durable_object(
    tables(Author, Note),
    migrations(
        1 = "CREATE TABLE note (id INTEGER PRIMARY KEY, author TEXT NOT NULL, body TEXT NOT NULL) STRICT",
        2 = file("migrations/2.sql"),
        3 = backfill(Room::measure),
        4 = "
            CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;
            CREATE UNIQUE INDEX author_name ON author (name);
            INSERT INTO author (name) SELECT DISTINCT author FROM note;
            CREATE TABLE new_note (
                id     INTEGER PRIMARY KEY,
                author INTEGER NOT NULL REFERENCES author ON DELETE CASCADE,
                body   TEXT    NOT NULL,
                length INTEGER NOT NULL
            ) STRICT;
            INSERT INTO new_note (id, author, body, length)
                SELECT note.id, author.id, note.body, note.length FROM note JOIN author ON author.name = note.author;
            DROP TABLE note;
            ALTER TABLE new_note RENAME TO note;
            CREATE INDEX note_author ON note (author);
        ",
    )
)]
struct Room;

#[durable_object]
impl Room {
    fn measure(cx: &mut Cx<Self>) -> Result {
        sql!(cx, "UPDATE note SET length = length(body)", allow(scan, "all of them")).run().map(drop)
    }

    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, author: String, body: String) -> Result {
        let there = Author::by_name(cx, &author)?.map(|author| author.id);
        let author = match there {
            Some(author) => author,
            None => cx.insert(Author::new(author))?.id,
        };
        let length = body.len().try_into().or_invalid()?;
        cx.insert(Note::new(author, body, length)).map(drop)
    }

    #[rpc]
    fn fill(&mut self, cx: &mut Cx<Self>, count: i64) -> Result {
        (0..count).try_for_each(|n| self.add(cx, format!("author {}", n % 100), format!("note number{n}")))
    }

    #[rpc]
    fn notes(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let sql = sql!(
            cx,
            "SELECT name, body, length FROM note JOIN author ON author.id = note.author ORDER BY note.id",
            allow(scan, "a test")
        );
        Ok(sql.all()?.into_iter().map(|row| format!("{}: {} ({})", row.name, row.body, row.length)).collect())
    }

    #[rpc]
    fn find(&self, cx: &Cx<Self>, query: String) -> Result<Vec<String>> {
        Ok(Note::search(cx, &query).all()?.into_iter().map(|note| note.body).collect())
    }

    #[rpc]
    fn check(&self, cx: &Cx<Self>) -> Result<String> {
        let sum = sql!(
            cx,
            "SELECT sum(length) AS sum, count(*) AS count FROM note JOIN author ON author.id = note.author",
            allow(scan, "a test")
        );
        let sum = sum.one()?;
        Ok(format!("{} {:?} {}", sum.count, sum.sum, Note::search(cx, "note").count()?))
    }
}

do_versions::program!();
