//! The full text of tables, which is no matter of the steps: the runtime takes it away before a step, and lets it follow the
//! declared tables after the last one.

use rusqlite::{Connection, Result};

use super::structure::{Kind, Other, Table};
use crate::sql::quote;
use crate::sqlite::memory;

/// Parts `others` into what is full text of one of these tables, with its triggers, and the rest.
pub(super) fn split(tables: &[Table], others: Vec<Other>) -> (Vec<Other>, Vec<Other>) {
    let searched: Vec<String> =
        tables.iter().filter(|table| is_searched(table, &others)).map(|table| search(&table.name)).collect();
    let is_part = |other: &Other| searched.iter().any(|search| is_part_of(search, other));
    others.into_iter().partition(is_part)
}

/// Takes it away.
pub(super) fn take_away(db: &Connection, full_text: &[Other]) -> Result<()> {
    memory::renew_budget();
    let (triggers, tables): (Vec<&Other>, Vec<&Other>) =
        full_text.iter().partition(|other| other.kind == Kind::Trigger);
    let mut parts = triggers.into_iter().chain(tables);
    parts.try_for_each(|part| db.execute_batch(&format!("DROP {} {}", part.kind.sql(), quote::name(&part.name))))
}

fn search(table: &str) -> String {
    format!("{table}_search")
}

/// Whether there is an FTS5 table with its name and of its rows.
fn is_searched(table: &Table, others: &[Other]) -> bool {
    let (name, content) = (search(&table.name), format!("content = {}", quote::text(&table.name)).to_ascii_lowercase());
    let is_it = |other: &Other| {
        let meaning = other.meaning.to_ascii_lowercase();
        other.name.eq_ignore_ascii_case(&name) && meaning.contains("using fts5") && meaning.contains(&content)
    };
    others.iter().any(|other| other.kind == Kind::Virtual && is_it(other))
}

fn is_part_of(search: &str, other: &Other) -> bool {
    match other.kind {
        Kind::Virtual => other.name.eq_ignore_ascii_case(search),
        Kind::Trigger => ["insert", "update", "delete"]
            .iter()
            .any(|event| other.name.eq_ignore_ascii_case(&format!("{search}_{event}"))),
        Kind::View => false,
    }
}
