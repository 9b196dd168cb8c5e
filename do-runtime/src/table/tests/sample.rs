//! The tables and the object that the tests use.

use crate::engine::RowAccess;
use crate::error::Result;
use crate::limits::Limits;
use crate::object::{Object, StoredReader, StoredWriter};
use crate::ownership::Sendable;
use crate::table::generated::{Find, column, find, find_unique, read_named};
use crate::table::{ColumnDef, Declares, FromRow, IndexDef, KeySource, NewRow, Table, TableDef};
use crate::value::{Column, Id, ToValue, Value};
use crate::{Cx, Timestamp};

const fn col(name: &'static str, sql_type: &'static str) -> ColumnDef {
    ColumnDef { name, sql_type, null: false, default: false }
}

/// `#[table(index = (author, at desc))]`, with an assigned key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub(crate) id: Id<Message>,
    pub(crate) author: String,
    pub(crate) body: String,
    pub(crate) at: Timestamp,
}

pub(crate) struct NewMessage {
    author: String,
    body: String,
    at: Option<Timestamp>,
}

impl Message {
    #[allow(clippy::new_ret_no_self)]
    pub(crate) fn new(author: impl Into<String>, body: impl Into<String>) -> NewMessage {
        NewMessage { author: author.into(), body: body.into(), at: None }
    }

    pub(crate) fn by_author<'c, O>(cx: &'c Cx<O>, author: &str) -> Find<'c, Message, Timestamp>
    where
        O: Object + Declares<Message>,
    {
        find(cx, &["author"], Some("at"), &[&author])
    }

    pub(crate) fn by_author_and_at<'c, O>(cx: &'c Cx<O>, author: &str, at: Timestamp) -> Find<'c, Message>
    where
        O: Object + Declares<Message>,
    {
        find(cx, &["author", "at"], None, &[&author, &at])
    }
}

impl NewMessage {
    pub(crate) fn at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
        self
    }
}

impl NewRow for NewMessage {
    type Row = Message;
    fn complete(self, now: Timestamp) -> (Message, KeySource) {
        let NewMessage { author, body, at } = self;
        (Message { id: Id::from_raw(0), author, body, at: at.unwrap_or(now) }, KeySource::Assigned)
    }
}

impl NewRow for Message {
    type Row = Message;
    fn complete(self, _: Timestamp) -> (Message, KeySource) {
        (self, KeySource::Given)
    }
}

impl Table for Message {
    const DEF: &'static TableDef = &TableDef {
        name: "message",
        rust_name: "Message",
        schema: r#"
CREATE TABLE message (
    id     INTEGER PRIMARY KEY,
    author TEXT NOT NULL,
    body   TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE INDEX message_author_at ON message (author, at DESC);
"#,
        types: &[],
        columns: &[col("id", "INTEGER"), col("author", "TEXT"), col("body", "TEXT"), col("at", "INTEGER")],
        key: &[0],
        assigned: Some(0),
        indexes: &[IndexDef { name: "message_author_at", columns: &[("author", false), ("at", true)], unique: false }],
        references: &[],
        expiry: None,
    };
    type Key<'k> = <Id<Message> as Column>::Ref<'k>;

    fn key_values<'v>(key: &'v Self::Key<'_>) -> Result<Vec<Value<'v>>> {
        Ok(vec![key.to_value()?])
    }

    fn values(&self) -> Result<Vec<Value<'_>>> {
        Ok(vec![self.id.to_value()?, self.author.to_value()?, self.body.to_value()?, self.at.to_value()?])
    }

    fn read(row: &dyn RowAccess, first: usize) -> Result<Self> {
        Ok(Message {
            id: column(row, first, "id")?,
            author: column(row, first + 1, "author")?,
            body: column(row, first + 2, "body")?,
            at: column(row, first + 3, "at")?,
        })
    }

    fn assign(&mut self, key: i64) {
        self.id = Id::from_raw(key);
    }
}

impl FromRow for Message {
    fn from_row(row: &dyn RowAccess) -> Result<Self> {
        read_named(row)
    }
}

/// A compound key, a unique column that may be NULL, and an index whose next column may be NULL too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CartItem {
    pub(crate) session: i64,
    pub(crate) sku: String,
    pub(crate) quantity: u32,
    pub(crate) voucher: Option<String>,
    /// Named like a keyword, and like the rowid.
    pub(crate) rowid: Option<i64>,
}

impl CartItem {
    pub(crate) fn new(session: i64, sku: &str, quantity: u32) -> Self {
        CartItem { session, sku: sku.into(), quantity, voucher: None, rowid: None }
    }

    pub(crate) fn by_voucher<O>(cx: &Cx<O>, voucher: Option<&str>) -> Result<Option<CartItem>>
    where
        O: Object + Declares<CartItem>,
    {
        find_unique(cx, &["voucher"], &[&voucher])
    }

    pub(crate) fn by_rowid<'c, O>(cx: &'c Cx<O>, rowid: Option<i64>) -> Find<'c, CartItem, String>
    where
        O: Object + Declares<CartItem>,
    {
        find(cx, &["rowid"], Some("sku"), &[&rowid])
    }

    pub(crate) fn by_quantity<'c, O>(cx: &'c Cx<O>, quantity: u64) -> Find<'c, CartItem, i64>
    where
        O: Object + Declares<CartItem>,
    {
        find(cx, &["quantity"], Some("rowid"), &[&quantity])
    }
}

impl NewRow for CartItem {
    type Row = CartItem;
    fn complete(self, _: Timestamp) -> (CartItem, KeySource) {
        (self, KeySource::Given)
    }
}

impl Table for CartItem {
    const DEF: &'static TableDef = &TableDef {
        name: "order",
        rust_name: "CartItem",
        schema: r#"
CREATE TABLE "order" (
    session  INTEGER NOT NULL,
    sku      TEXT NOT NULL,
    quantity {Quantity} NOT NULL CHECK (quantity > 0),
    voucher  TEXT,
    rowid    INTEGER,
    PRIMARY KEY (session, sku)
) STRICT;
CREATE UNIQUE INDEX order_voucher ON "order" (voucher);
CREATE INDEX order_rowid_sku ON "order" (rowid, sku);
CREATE INDEX order_quantity_rowid ON "order" (quantity, rowid);
"#,
        types: &[("{Quantity}", <u32 as Column>::SQL_TYPE)],
        columns: &[
            col("session", "INTEGER"),
            col("sku", "TEXT"),
            col("quantity", "INTEGER"),
            ColumnDef { name: "voucher", sql_type: "TEXT", null: true, default: false },
            ColumnDef { name: "rowid", sql_type: "INTEGER", null: true, default: false },
        ],
        key: &[0, 1],
        assigned: None,
        indexes: &[
            IndexDef { name: "order_voucher", columns: &[("voucher", false)], unique: true },
            IndexDef { name: "order_rowid_sku", columns: &[("rowid", false), ("sku", false)], unique: false },
            IndexDef { name: "order_quantity_rowid", columns: &[("quantity", false), ("rowid", false)], unique: false },
        ],
        references: &[],
        expiry: None,
    };
    type Key<'k> = (<i64 as Column>::Ref<'k>, <String as Column>::Ref<'k>);

    fn key_values<'v>(key: &'v Self::Key<'_>) -> Result<Vec<Value<'v>>> {
        Ok(vec![key.0.to_value()?, key.1.to_value()?])
    }

    fn values(&self) -> Result<Vec<Value<'_>>> {
        Ok(vec![
            self.session.to_value()?,
            self.sku.to_value()?,
            self.quantity.to_value()?,
            self.voucher.to_value()?,
            self.rowid.to_value()?,
        ])
    }

    fn read(row: &dyn RowAccess, first: usize) -> Result<Self> {
        Ok(CartItem {
            session: column(row, first, "session")?,
            sku: column(row, first + 1, "sku")?,
            quantity: column(row, first + 2, "quantity")?,
            voucher: column(row, first + 3, "voucher")?,
            rowid: column(row, first + 4, "rowid")?,
        })
    }

    fn assign(&mut self, _: i64) {}
}

/// Nothing but its key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tag {
    pub(crate) name: String,
}

impl NewRow for Tag {
    type Row = Tag;
    fn complete(self, _: Timestamp) -> (Tag, KeySource) {
        (self, KeySource::Given)
    }
}

impl Table for Tag {
    const DEF: &'static TableDef = &TableDef {
        name: "tag",
        rust_name: "Tag",
        schema: "CREATE TABLE tag (name TEXT NOT NULL PRIMARY KEY) STRICT;",
        types: &[],
        columns: &[col("name", "TEXT")],
        key: &[0],
        assigned: None,
        indexes: &[],
        references: &[],
        expiry: None,
    };
    type Key<'k> = <String as Column>::Ref<'k>;

    fn key_values<'v>(key: &'v Self::Key<'_>) -> Result<Vec<Value<'v>>> {
        Ok(vec![key.to_value()?])
    }

    fn values(&self) -> Result<Vec<Value<'_>>> {
        Ok(vec![self.name.to_value()?])
    }

    fn read(row: &dyn RowAccess, first: usize) -> Result<Self> {
        Ok(Tag { name: column(row, first, "name")? })
    }

    fn assign(&mut self, _: i64) {}
}

/// An object with these tables.
pub(crate) struct Room;

impl Declares<Message> for Room {}
impl Declares<CartItem> for Room {}
impl Declares<Tag> for Room {}

impl Object for Room {
    const CLASS: &'static str = "Room";
    const TABLES: &'static [&'static TableDef] =
        &[<Message as Table>::DEF, <CartItem as Table>::DEF, <Tag as Table>::DEF];
    const LIMITS: Limits = Limits::DEFAULT.with_value(1024);
    const JURISDICTION: Option<&'static str> = None;

    fn sendable() -> Sendable<Self> {
        Sendable::new()
    }

    fn wake(_: &mut StoredReader<'_>) -> Result<Self> {
        Ok(Room)
    }

    fn store(&self, _: &mut StoredWriter<'_>) -> Result {
        Ok(())
    }

    fn restore(&mut self, _: &mut StoredReader<'_>) -> Result {
        Ok(())
    }
}
