//! What differs between two structures, a line each.

use std::collections::BTreeSet;

use super::structure::{Column, Reference, Structure, Table};

/// One difference.
pub(super) struct Difference {
    /// The ordinary table that it is in, in lower case; none for virtual tables, triggers and views.
    pub(super) table: Option<String>,
    /// For a person.
    pub(super) line: String,
}

/// What `have` lacks or has too much of to be `want`. The order of columns does not matter.
pub(super) fn between(have: &Structure, want: &Structure) -> Vec<Difference> {
    let mut found = Vec::new();
    for wanted in &want.tables {
        let lines = match have.table(&wanted.name) {
            Some(table) => of_table(table, wanted),
            None => vec![format!("there is no table `{}`", wanted.name)],
        };
        let table = wanted.name.to_ascii_lowercase();
        found.extend(lines.into_iter().map(|line| Difference { table: Some(table.clone()), line }));
    }
    for table in have.tables.iter().filter(|table| want.table(&table.name).is_none()) {
        let line = format!("the table `{}` is not declared", table.name);
        found.push(Difference { table: Some(table.name.to_ascii_lowercase()), line });
    }
    let mut other = |line: String| found.push(Difference { table: None, line });
    for wanted in &want.others {
        let same_name = have.others.iter().find(|other| other.name.eq_ignore_ascii_case(&wanted.name));
        match same_name {
            None => other(format!("there is no {} `{}`", wanted.kind.word(), wanted.name)),
            Some(had) if had.meaning != wanted.meaning => {
                other(format!("the {} `{}` is another than declared", wanted.kind.word(), wanted.name));
            }
            Some(_) => {}
        }
    }
    for had in &have.others {
        if !want.others.iter().any(|wanted| wanted.name.eq_ignore_ascii_case(&had.name)) {
            other(format!("the {} `{}` is not declared", had.kind.word(), had.name));
        }
    }
    found
}

fn of_table(have: &Table, want: &Table) -> Vec<String> {
    let name = &want.name;
    let mut lines = Vec::new();
    for wanted in &want.columns {
        match have.column(&wanted.name) {
            Some(column) => lines.extend(of_column(name, column, wanted)),
            None => lines.push(format!("there is no column `{name}.{}`", wanted.name)),
        }
    }
    for column in have.columns.iter().filter(|column| want.column(&column.name).is_none()) {
        lines.push(format!("the column `{name}.{}` is not declared", column.name));
    }
    if have.strict != want.strict {
        lines.push(format!("`{name}` is {}STRICT", if have.strict { "" } else { "not " }));
    }
    if have.key != want.key {
        let key = |key: &[String]| if key.is_empty() { "missing".to_owned() } else { format!("({})", key.join(", ")) };
        lines.push(format!("the primary key of `{name}` is {}, declared as {}", key(&have.key), key(&want.key)));
    }
    lines.extend(of_sets(name, "UNIQUE constraint", &have.uniques, &want.uniques));
    lines.extend(of_sets(name, "CHECK", &have.checks, &want.checks));
    lines.extend(of_sets(name, "foreign key", &references(have), &references(want)));
    lines.extend(of_sets(name, "clause", &have.rest, &want.rest));
    for (key, wanted) in &want.indexes {
        match have.indexes.get(key) {
            None => lines.push(format!("there is no index `{}`", wanted.name)),
            Some(index) if index.meaning != wanted.meaning => {
                lines.push(format!("the index `{}` is {}, declared as {}", wanted.name, index.meaning, wanted.meaning));
            }
            Some(_) => {}
        }
    }
    let undeclared = have.indexes.iter().filter(|(key, _)| !want.indexes.contains_key(*key));
    lines.extend(undeclared.map(|(_, index)| format!("the index `{}` is not declared", index.name)));
    lines
}

fn of_column(table: &str, have: &Column, want: &Column) -> Vec<String> {
    let mut lines = Vec::new();
    let name = &want.name;
    if !same_type(&have.ty, &want.ty) {
        lines.push(format!("`{table}.{name}` is {}, declared as {}", have.ty, want.ty));
    }
    match (have.not_null, want.not_null) {
        (true, false) => lines.push(format!("`{table}.{name}` is NOT NULL, declared as one that may be NULL")),
        (false, true) => lines.push(format!("`{table}.{name}` may be NULL, declared as NOT NULL")),
        _ => {}
    }
    match (&have.default, &want.default) {
        // Only with a default can ALTER TABLE add such a column, and there is no way to take it back.
        (Some(_), None) if want.not_null => {}
        (Some(default), None) => lines.push(format!("`{table}.{name}` has the default {default}, declared without")),
        (None, Some(default)) => lines.push(format!("`{table}.{name}` has no default, declared with {default}")),
        (Some(had), Some(wanted)) if had != wanted => {
            lines.push(format!("`{table}.{name}` has the default {had}, declared with {wanted}"));
        }
        _ => {}
    }
    lines
}

/// ANY stands for a type of the user's own, of which only the runtime knows what SQLite stores.
pub(super) fn same_type(have: &str, want: &str) -> bool {
    let plain = |ty: &str| if ty == "INT" { "INTEGER".to_owned() } else { ty.to_owned() };
    want == "ANY" || plain(have) == plain(want)
}

fn of_sets(table: &str, what: &str, have: &BTreeSet<String>, want: &BTreeSet<String>) -> Vec<String> {
    let missing = want.difference(have).map(|text| format!("`{table}` lacks the {what} {text}"));
    let extra = have.difference(want).map(|text| format!("`{table}` has the {what} {text}, which is not declared"));
    missing.chain(extra).collect()
}

fn references(table: &Table) -> BTreeSet<String> {
    let text = |reference: &Reference| {
        let Reference { columns, table, targets, on_delete, on_update } = reference;
        let rule = |event: &str, action: &str| match action {
            "NO ACTION" => String::new(),
            action => format!(" ON {event} {action}"),
        };
        format!(
            "({}) REFERENCES {table} ({}){}{}",
            columns.join(", "),
            targets.join(", "),
            rule("DELETE", on_delete),
            rule("UPDATE", on_update)
        )
    };
    table.references.iter().map(text).collect()
}
