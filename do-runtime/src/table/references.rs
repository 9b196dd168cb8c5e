//! What a table refers to is declared by the object too: otherwise SQLite would refuse its first row. And what refers to rows
//! that expire does not hold them back.

use super::message::Message;
use super::{OnDelete, ReferenceDef, TableDef};
use crate::object::Object;

/// Tables of an object whose references are looked at.
const MOST: usize = 256;

/// Looks, while the program is compiled, for a table of `O` that refers to one which `O` does not declare, or that would keep
/// rows of another from expiring.
#[track_caller]
pub const fn references_are_declared<O: Object>() {
    let tables = O::TABLES;
    let goes = going(tables);
    let mut at = 0;
    while at < tables.len() {
        let mut reference = 0;
        while reference < tables[at].references.len() {
            let other = &tables[at].references[reference];
            match position(tables, other.table) {
                None => undeclared(tables[at].rust_name, other.table),
                Some(parent) if !has_id(tables[parent]) => {
                    without_id(tables[at].rust_name, tables[parent].rust_name);
                }
                Some(parent) if holds_back(tables, &goes, at, other, parent) => {
                    let column = tables[at].columns[other.column].name;
                    let field = Message::NONE.add(tables[at].rust_name).add("::").add(column);
                    held_back(field.text(), tables[parent].rust_name, other.on_delete);
                }
                Some(_) => {}
            }
            reference += 1;
        }
        at += 1;
    }
}

/// Where the table of a name is. One without a name has mistakes that are told already, and so has what refers to it.
const fn position(tables: &[&TableDef], name: &str) -> Option<usize> {
    let mut at = 0;
    while at < tables.len() {
        if tables[at].name.is_empty() || name.is_empty() || same(tables[at].name, name) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Whether a reference keeps rows of another table from going when their time is over.
const fn holds_back(
    tables: &[&TableDef],
    goes: &[bool; MOST],
    child: usize,
    reference: &ReferenceDef,
    parent: usize,
) -> bool {
    // Of a table with an expiry of its own it was told where the reference stands.
    let told = tables[parent].expiry.is_some() || tables[parent].name.is_empty() || tables[child].name.is_empty();
    if told || parent >= MOST || !goes[parent] {
        return false;
    }
    match reference.on_delete {
        OnDelete::Cascade => false,
        OnDelete::SetNull => !tables[child].columns[reference.column].null,
        OnDelete::Restrict => true,
    }
}

/// Which tables' rows go by themselves: they expire, or go with rows that do. Of more tables than [`MOST`] the last ones are not
/// looked at.
const fn going(tables: &[&TableDef]) -> [bool; MOST] {
    let mut goes = [false; MOST];
    let mut found = true;
    while found {
        found = false;
        let mut at = 0;
        while at < tables.len() && at < MOST {
            if !goes[at] && (tables[at].expiry.is_some() || goes_with(tables, &goes, at)) {
                goes[at] = true;
                found = true;
            }
            at += 1;
        }
    }
    goes
}

const fn goes_with(tables: &[&TableDef], goes: &[bool; MOST], table: usize) -> bool {
    let mut at = 0;
    while at < tables[table].references.len() {
        let reference = &tables[table].references[at];
        if matches!(reference.on_delete, OnDelete::Cascade)
            && let Some(parent) = position(tables, reference.table)
            && parent < MOST
            && goes[parent]
        {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether an `Id` can be its key.
const fn has_id(table: &TableDef) -> bool {
    match table.key {
        [key] => same(table.columns[*key].sql_type, "INTEGER"),
        // One that has mistakes.
        [] => true,
        _ => false,
    }
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Stops the compiler with a sentence.
#[track_caller]
const fn undeclared(table: &str, other: &str) -> ! {
    let message = Message::NONE.add("`").add(table).add("` refers to the table `").add(other);
    let message = message.add("`, which the object does not declare: name it in `#[durable_object(tables(…))]` too");
    panic!("{}", message.text())
}

/// Stops the compiler with a sentence.
#[track_caller]
const fn without_id(table: &str, other: &str) -> ! {
    let message = Message::NONE.add("`").add(table).add("` refers to `").add(other).add("` by an `Id<").add(other);
    let message = message.add(">`, which is not its key: write `#[key]` above one field `id: Id<").add(other);
    let message = message.add(">` of it, or leave `#[references]` out");
    panic!("{}", message.text())
}

/// Looks, while the program is compiled, whether a reference that neither cascades nor can become NULL keeps rows from expiring.
#[track_caller]
pub const fn keeps_nothing(field: &str, other: &TableDef, on_delete: OnDelete) {
    if other.expiry.is_some() {
        held_back(field, other.rust_name, on_delete);
    }
}

/// Stops the compiler with a sentence.
#[track_caller]
const fn held_back(field: &str, other: &str, on_delete: OnDelete) -> ! {
    let message = Message::NONE.add("rows of `").add(other).add("` expire, and `").add(field);
    let message = match on_delete {
        OnDelete::SetNull => {
            message.add("` can't become NULL then: make it an `Option`, or write `on_delete = cascade`")
        }
        OnDelete::Cascade | OnDelete::Restrict => message.add(
            "` would keep them: write `#[references(on_delete = cascade)]`, or `on_delete = set_null` and an `Option`",
        ),
    };
    panic!("{}", message.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::sample::{Message as Line, Tag};
    use crate::table::{ExpiryDef, Table};

    const fn def(name: &'static str, references: &'static [ReferenceDef]) -> TableDef {
        TableDef { name, references, ..*Tag::DEF }
    }

    const fn to(table: &'static str, on_delete: OnDelete) -> ReferenceDef {
        ReferenceDef { column: 0, table, on_delete }
    }

    #[test]
    fn a_table_is_found_by_its_whole_name() {
        let tables = [&def("message", &[]), &def("author", &[])];
        assert_eq!(position(&tables, "message"), Some(0));
        assert_eq!(position(&tables, "messages"), None);
        assert_eq!(position(&tables, "mess"), None);
    }

    const EXPIRY: Option<ExpiryDef> = Some(ExpiryDef { column: "at", ttl: 1 });
    const ROOT: TableDef = TableDef { expiry: EXPIRY, ..def("root", &[]) };
    const OF_ROOT: &[ReferenceDef] = &[to("root", OnDelete::Cascade)];
    const OF_CHILD: &[ReferenceDef] = &[to("child", OnDelete::Cascade), to("grandchild", OnDelete::Cascade)];
    const OTHERS: &[ReferenceDef] = &[to("grandchild", OnDelete::SetNull)];

    #[test]
    fn what_cascades_from_rows_that_expire_goes_with_them() {
        let tables = [&ROOT, &def("child", OF_ROOT), &def("grandchild", OF_CHILD), &def("other", OTHERS)];
        let goes = going(&tables);
        assert_eq!(goes[..5], [true, true, true, false, false]);
        assert!(holds_back(&tables, &goes, 3, &to("child", OnDelete::Restrict), 1));
        assert!(!holds_back(&tables, &goes, 3, &to("other", OnDelete::Restrict), 3));
    }

    #[test]
    fn what_can_not_be_null_is_not_set_to_null() {
        let child = def("child", OF_ROOT);
        let grandchild = TableDef { name: "grandchild", ..*Line::DEF };
        let tables = [&ROOT, &child, &grandchild];
        assert!(holds_back(&tables, &going(&tables), 2, &to("child", OnDelete::SetNull), 1));
    }

    #[test]
    #[should_panic(expected = "`Message` refers to the table `author`, which the object does not declare")]
    fn the_sentence_names_both() {
        undeclared("Message", "author");
    }

    #[test]
    #[should_panic(expected = "rows of `Session` expire, and `Item::session` would keep them")]
    fn what_would_keep_rows_is_named() {
        held_back("Item::session", "Session", OnDelete::Restrict);
    }
}
