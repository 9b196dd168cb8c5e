//! The schema of a table, as SQLite gets it.

use std::borrow::Cow;

use super::{ColumnDef, TableDef};

impl TableDef {
    /// The statements that make the table and its indexes, one after another: `schema` with its placeholders
    /// filled in.
    pub fn ddl(&self) -> Cow<'static, str> {
        let mut ddl = Cow::Borrowed(self.schema);
        for (placeholder, sql) in self.types {
            if ddl.contains(placeholder) {
                ddl = Cow::Owned(ddl.replace(placeholder, sql));
            }
        }
        ddl
    }

    /// A column by its name in the database.
    pub(crate) fn column(&self, name: &str) -> Option<&'static ColumnDef> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The name under which the rowid can be had: a column of the table may have taken the usual one.
    pub(crate) fn rowid(&self) -> &'static str {
        let taken = |name: &str| self.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        ["rowid", "_rowid_", "oid"].into_iter().find(|name| !taken(name)).unwrap_or("rowid")
    }

    /// The names of the columns of the primary key.
    pub(crate) fn key_names(&self) -> impl Iterator<Item = &'static str> {
        self.key.iter().filter_map(|&index| self.columns.get(index)).map(|column| column.name)
    }
}
