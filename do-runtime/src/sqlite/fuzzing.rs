//! What the runtime reads of SQL itself: the text of tables, the tokens of statements, and statements over rows that expire.

use super::declaration::{self, Declaration};

pub(crate) use super::expiry::fuzzing::{expiring, tokens};

/// The text of a table.
pub(crate) fn declaration(input: &[u8]) {
    let sql = String::from_utf8_lossy(input);
    if let Some(declared) = Declaration::parse(&sql) {
        for (name, text) in &declared.columns {
            assert!(sql.contains(text));
            assert!(declared.column(name).is_some());
        }
    }
    let normal = declaration::normal(&sql);
    assert!(declaration::same(&sql, &sql));
    assert!(declaration::checks(&sql).len() <= normal.to_ascii_lowercase().matches("check").count());
    let spaced = declaration::words_of(&sql).collect::<Vec<_>>().join("\n");
    assert_eq!(declaration::normal(&spaced), normal);
}
