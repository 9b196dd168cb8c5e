//! The tables of a desk.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// A folder on a desk.
#[table(search = memo)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Folder {
    /// The row.
    #[key]
    pub id: Id<Folder>,
    /// No two folders have the same.
    #[unique]
    pub label: String,
    /// The folder that it stands behind, while there is that one.
    #[references(on_delete = set_null)]
    pub behind: Option<Id<Folder>>,
    /// Words to be searched.
    pub memo: String,
}

/// A sheet in a folder.
#[table(index = (folder, rank desc))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// The row.
    #[key]
    pub id: Id<Sheet>,
    /// It goes with its folder.
    #[references(on_delete = cascade)]
    pub folder: Id<Folder>,
    /// The operation that brought it.
    pub token: i64,
    /// Something to sort by.
    #[column(check = "rank >= 0")]
    pub rank: i64,
    /// Something to fill pages.
    pub padding: String,
}

/// Expires two hours after it was made.
#[table(ttl = "2h")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// The row.
    #[key]
    pub id: Id<Pass>,
    /// The operation that made it.
    pub token: i64,
}

/// Expires half an hour after it was used.
#[table(ttl = "30m", ttl_from = used_at)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The row.
    #[key]
    pub id: Id<Session>,
    /// No two have the same at a time.
    #[unique]
    pub name: String,
    /// The operation that opened it.
    pub token: i64,
    /// When it was used.
    #[default(now)]
    pub used_at: Timestamp,
}

/// Goes with its session.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// The row.
    #[key]
    pub id: Id<Stamp>,
    /// The session.
    #[references(on_delete = cascade)]
    pub session: Id<Session>,
    /// The operation that made it.
    pub token: i64,
}

/// Stays when its session goes.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// The row.
    #[key]
    pub id: Id<Ticket>,
    /// The session, while there is one.
    #[references(on_delete = set_null)]
    pub session: Option<Id<Session>>,
    /// The operation that made it.
    pub token: i64,
}

/// Says itself when it ends, if it does.
#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// What is offered.
    #[key]
    pub name: String,
    /// The operation that made it.
    pub token: i64,
    /// Its end.
    #[expires_at]
    pub until: Option<Timestamp>,
}
