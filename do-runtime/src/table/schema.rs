//! The schema of a table, as SQLite gets it, and its fingerprint.

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

/// A fingerprint of the schema of these tables. It stays the same when only the layout of the text changes, so that
/// an object is not taken for one of another schema because the macros print it otherwise.
pub fn schema_fingerprint(tables: &[&TableDef]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for table in tables {
        let text = without_layout(&table.ddl());
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// The text with each run of white space outside of quotes as one space, and none at the ends.
fn without_layout(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut quote = None;
    for c in sql.trim().chars() {
        match quote {
            // A doubled quote closes and opens again, which comes to the same.
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if c.is_ascii_whitespace() => {
                if !text.ends_with(' ') {
                    text.push(' ');
                }
                continue;
            }
            None => {
                quote = match c {
                    '\'' | '"' | '`' => Some(c),
                    '[' => Some(']'),
                    _ => None,
                }
            }
        }
        text.push(c);
    }
    text
}
