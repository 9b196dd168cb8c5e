//! What a table refers to is declared by the object too: otherwise SQLite would refuse its first row.

use super::TableDef;
use super::message::Message;
use crate::object::Object;

/// Looks, while the program is compiled, for a table of `O` that refers to one which `O` does not declare.
#[track_caller]
pub const fn references_are_declared<O: Object>() {
    let tables = O::TABLES;
    let mut at = 0;
    while at < tables.len() {
        let mut reference = 0;
        while reference < tables[at].references.len() {
            let other = tables[at].references[reference];
            match declared(tables, other) {
                None => undeclared(tables[at].rust_name, other),
                Some(found) if !has_id(found) => without_id(tables[at].rust_name, found.rust_name),
                Some(_) => {}
            }
            reference += 1;
        }
        at += 1;
    }
}

const fn declared<'t>(tables: &[&'t TableDef], name: &str) -> Option<&'t TableDef> {
    let mut at = 0;
    while at < tables.len() {
        // One without a name has mistakes that are told already, and so has what refers to it.
        if tables[at].name.is_empty() || name.is_empty() || same(tables[at].name, name) {
            return Some(tables[at]);
        }
        at += 1;
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;
    use crate::table::tests::sample::Tag;

    const fn def(name: &'static str, references: &'static [&'static str]) -> TableDef {
        TableDef { name, references, ..*Tag::DEF }
    }

    #[test]
    fn a_table_is_found_by_its_whole_name() {
        let tables = [&def("message", &[]), &def("author", &["message"])];
        assert!(declared(&tables, "message").is_some());
        assert!(declared(&tables, "messages").is_none());
        assert!(declared(&tables, "mess").is_none());
    }

    #[test]
    #[should_panic(expected = "`Message` refers to the table `author`, which the object does not declare")]
    fn what_is_missing_is_named() {
        undeclared("Message", "author");
    }
}
