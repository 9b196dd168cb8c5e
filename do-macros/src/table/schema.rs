//! A table as SQL, as a person would write it.

use super::columns::Storage;
use super::expiry::{self, Columns};
use super::model::{Column, Default, Index, Order, Table, Uniqueness};
use super::search;
use crate::sql::quote;
use crate::types;

/// The clock of the runtime, in milliseconds.
const NOW: &str = "(CAST(unixepoch('subsec') * 1000 AS INTEGER))";

/// The statements that make the table, its indexes and its full text, and an empty line at either end of the text.
pub(super) fn print(table: &Table, columns: Columns) -> String {
    let mut lines: Vec<String> = column_lines(table, columns);
    if table.key.len() > 1 {
        let key: Vec<String> = table.key.iter().map(|column| quote::name(&table.columns[*column].name)).collect();
        lines.push(format!("PRIMARY KEY ({})", key.join(", ")));
    }
    let mut sql = format!("\nCREATE TABLE {} (\n    {}\n) STRICT;\n", quote::name(&table.name), lines.join(",\n    "));
    for index in &table.indexes {
        sql += &index_line(index, table);
    }
    sql += &expiry::index_line(table, columns);
    if let Some(search) = &table.search {
        sql += &search::print(search, table);
    }
    sql
}

/// What stands for the SQL type of a type of the user's own, until the runtime knows it.
pub(super) fn type_placeholder(column: &Column) -> String {
    let inner = types::optional(&column.ty).unwrap_or(&column.ty);
    format!("{{{}}}", types::readable(inner))
}

/// What stands for the name of another table.
pub(super) fn table_placeholder(table: &syn::Type) -> String {
    format!("{{table:{}}}", types::readable(table))
}

fn column_lines(table: &Table, columns: Columns) -> Vec<String> {
    let declared = (0..table.columns.len()).map(|position| column_parts(position, table));
    let hidden = expiry::hidden_column(table, columns);
    let hidden = hidden.map(|name| [name.to_owned(), "INTEGER".to_owned(), format!("NOT NULL DEFAULT {NOW}")]);
    let parts: Vec<[String; 3]> = declared.chain(hidden).collect();
    let width = |part: usize| parts.iter().map(|parts| parts[part].chars().count()).max().unwrap_or(0);
    let (names, types) = (width(0), width(1));
    let line = |[name, ty, rest]: &[String; 3]| format!("{name:names$} {ty:types$} {rest}").trim_end().to_owned();
    parts.iter().map(line).collect()
}

/// Name, type and the rest.
fn column_parts(position: usize, table: &Table) -> [String; 3] {
    let column = &table.columns[position];
    let ty = match column.column_type.storage {
        Storage::Known(sql) => sql.to_owned(),
        Storage::Json | Storage::OwnJson => "TEXT".to_owned(),
        Storage::Own => type_placeholder(column),
    };
    let mut rest = Vec::new();
    if table.key == [position] {
        rest.push("PRIMARY KEY".to_owned());
    }
    if !column.column_type.null && table.assigned != Some(position) {
        rest.push("NOT NULL".to_owned());
    }
    match &column.default {
        Some(Default::Now(_)) => rest.push(format!("DEFAULT {NOW}")),
        Some(Default::Value { sql: Some(sql), .. }) => rest.push(format!("DEFAULT {sql}")),
        _ => {}
    }
    if let Some(check) = &column.check {
        rest.push(format!("CHECK ({check})"));
    }
    if let Some(reference) = &column.references {
        rest.push(format!("REFERENCES \"{}\"", table_placeholder(&reference.table)));
        if let Some(on_delete) = reference.on_delete {
            rest.push(format!("ON DELETE {}", on_delete.sql()));
        }
    }
    [quote::name(&column.name), ty, rest.join(" ")]
}

fn index_line(index: &Index, table: &Table) -> String {
    let unique = match index.uniqueness {
        Uniqueness::Unique => "UNIQUE ",
        Uniqueness::Plain => "",
    };
    let column = |(position, order): &(usize, Order)| {
        let name = quote::name(&table.columns[*position].name);
        match order {
            Order::Ascending => name,
            Order::Descending => format!("{name} DESC"),
        }
    };
    let columns: Vec<String> = index.columns.iter().map(column).collect();
    let filter = index.filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    let (name, table) = (quote::name(&index.name), quote::name(&table.name));
    format!("CREATE {unique}INDEX {name} ON {table} ({}){filter};\n", columns.join(", "))
}
