//! Rooms, their messages, who is in them, and a table with awkward names.

use crate::schema::{Class, Column, Schema, Table};
use crate::sqlite::{Checked, check};

pub(super) fn chat() -> Schema {
    use Class::{Blob, Integer, Real, Text};
    Schema {
        object: "Chat".to_owned(),
        tables: vec![
            table(
                "Room",
                "room",
                ROOM,
                &[
                    ("id", Some(Integer), false),
                    ("name", Some(Text), false),
                    ("topic", Some(Text), true),
                    ("kind", None, false),
                ],
            ),
            table(
                "Message",
                "message",
                MESSAGE,
                &[
                    ("id", Some(Integer), false),
                    ("room", Some(Integer), false),
                    ("author", Some(Text), false),
                    ("body", Some(Text), false),
                    ("at", Some(Integer), false),
                    ("reply_to", Some(Integer), true),
                    ("score", Some(Real), true),
                    ("file", Some(Blob), true),
                    ("mood", None, true),
                ],
            ),
            table(
                "Member",
                "member",
                MEMBER,
                &[
                    ("room", Some(Integer), false),
                    ("user", Some(Text), false),
                    ("role", None, false),
                    ("joined", Some(Integer), false),
                    ("nick", Some(Text), true),
                ],
            ),
            table(
                "Order",
                "order",
                ORDER,
                &[
                    ("key", Some(Text), false),
                    ("group", Some(Text), false),
                    ("from", Some(Integer), true),
                    ("größe", Some(Real), false),
                ],
            ),
        ],
    }
}

fn table(rust: &str, name: &str, ddl: &str, columns: &[(&str, Option<Class>, bool)]) -> Table {
    let column = |(name, class, nullable): &(&str, Option<Class>, bool)| Column {
        name: (*name).to_owned(),
        class: *class,
        nullable: *nullable,
        field: Some((*name).to_owned()),
    };
    Table {
        rust: rust.to_owned(),
        name: name.to_owned(),
        columns: columns.iter().map(column).collect(),
        ddl: ddl.to_owned(),
        expires: false,
    }
}

const ROOM: &str = "
CREATE TABLE room (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    topic TEXT,
    kind  ANY NOT NULL
) STRICT;
";

const MESSAGE: &str = "
CREATE TABLE message (
    id       INTEGER PRIMARY KEY,
    room     INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
    author   TEXT NOT NULL,
    body     TEXT NOT NULL CHECK (body <> '1'),
    at       INTEGER NOT NULL DEFAULT (CAST(unixepoch('subsec') * 1000 AS INTEGER)),
    reply_to INTEGER REFERENCES message,
    score    REAL,
    file     BLOB,
    mood     ANY
) STRICT;
CREATE INDEX message_room_at ON message (room, at);
CREATE VIRTUAL TABLE message_search USING fts5(author, body, content='message', content_rowid='id');
CREATE TRIGGER message_search_insert AFTER INSERT ON message BEGIN
    INSERT INTO message_search (rowid, author, body) VALUES (new.id, new.author, new.body);
END;
CREATE TRIGGER message_search_delete AFTER DELETE ON message BEGIN
    INSERT INTO message_search (message_search, rowid, author, body) VALUES ('delete', old.id, old.author, old.body);
END;
CREATE TRIGGER message_search_update AFTER UPDATE ON message BEGIN
    INSERT INTO message_search (message_search, rowid, author, body) VALUES ('delete', old.id, old.author, old.body);
    INSERT INTO message_search (rowid, author, body) VALUES (new.id, new.author, new.body);
END;
";

const MEMBER: &str = "
CREATE TABLE member (
    room   INTEGER NOT NULL REFERENCES room ON DELETE CASCADE,
    user   TEXT NOT NULL,
    role   ANY NOT NULL,
    joined INTEGER NOT NULL DEFAULT 0,
    nick   TEXT,
    PRIMARY KEY (room, user)
) STRICT;
";

const ORDER: &str = "
CREATE TABLE \"order\" (
    \"key\"   TEXT PRIMARY KEY,
    \"group\" TEXT NOT NULL,
    \"from\"  INTEGER,
    \"größe\" REAL NOT NULL
) STRICT;
";

/// A statement that has to be right.
#[track_caller]
pub(super) fn right(sql: &str) -> Checked {
    check(&chat(), sql).unwrap_or_else(|message| panic!("refused: {sql}\n{message}"))
}

/// The columns as `name class`, with `?` where NULL may be: `id INTEGER, topic TEXT?, kind -`.
pub(super) fn columns(checked: &Checked) -> String {
    let columns = checked.columns.iter().map(|column| {
        let class = column.class.map_or("-", Class::sql);
        format!("{} {class}{}", column.name, if column.nullable { "?" } else { "" })
    });
    columns.collect::<Vec<_>>().join(", ")
}

/// The parameters as `name class`, with `[]` around a list's.
pub(super) fn params(checked: &Checked) -> String {
    let params = checked.params.iter().map(|param| {
        let class = param.class.map_or("-", Class::sql);
        match param.form {
            crate::sqlite::Form::One => format!("{} {class}", param.name),
            crate::sqlite::Form::List => format!("{} [{class}]", param.name),
        }
    });
    params.collect::<Vec<_>>().join(", ")
}
