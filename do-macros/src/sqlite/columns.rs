//! The columns of a result.

use rusqlite::Statement;
use rusqlite::types::Type;

use super::ResultColumn;
use super::analysis::{Analysis, Output, Told};
use super::excerpt::excerpt;
use super::worlds::Worlds;
use crate::schema::{Class, Schema};

/// Describes the columns of a statement that was prepared in an empty world.
pub(super) fn describe(
    sql: &str,
    statement: &Statement<'_>,
    analysis: Option<&Analysis<'_>>,
    schema: &Schema,
    worlds: &Worlds,
) -> Vec<ResultColumn> {
    let names = statement.column_names();
    // A tree that misses a column is not trusted for the others.
    let outputs = analysis.map(|analysis| &analysis.outputs).filter(|outputs| outputs.len() == names.len());
    let asks = |outputs: &Vec<Output>| outputs.iter().any(|output| output.value.told == Told::Ask);
    let seen = match outputs {
        Some(outputs) if statement.readonly() && asks(outputs) => worlds.trial(sql, names.len()),
        _ => vec![Vec::new(); names.len()],
    };
    let mut columns = Vec::new();
    for (position, (name, seen)) in names.zip(&seen).enumerate() {
        let mut column = match outputs {
            Some(outputs) => known(sql, &outputs[position], seen),
            None => by_metadata(statement, position, schema),
        };
        column.nullable |= seen.contains(&Type::Null);
        let forced =
            name.strip_suffix('!').map(|name| (name, false)).or(name.strip_suffix('?').map(|name| (name, true)));
        column.name = forced.map_or(name, |(name, _)| name).to_owned();
        column.nullable = forced.map_or(column.nullable, |(_, nullable)| nullable);
        columns.push(column);
    }
    columns
}

fn known(sql: &str, output: &Output, seen: &[Type]) -> ResultColumn {
    let class = match output.value.told {
        Told::Known(class) => Some(class),
        Told::Ask => class_seen(seen),
        Told::Own(..) | Told::Mixed(..) | Told::Silent => None,
    };
    let own = match output.value.told {
        Told::Own(table, column) => Some((table, column)),
        _ => None,
    };
    let mixed = match output.value.told {
        Told::Mixed(one, other) => Some((one, other)),
        _ => None,
    };
    ResultColumn {
        name: String::new(),
        class,
        own,
        mixed,
        nullable: output.value.nullable,
        origin: output.value.origin,
        excerpt: excerpt(sql, output.at, ""),
    }
}

/// What SQLite says by itself. It is silent about everything that makes a NULL on the way.
fn by_metadata(statement: &Statement<'_>, position: usize, schema: &Schema) -> ResultColumn {
    let origin = statement.columns_with_metadata().nth(position).and_then(|column| {
        let table = schema.tables.iter().position(|table| Some(table.name.as_str()) == column.table_name())?;
        let columns = &schema.tables[table].columns;
        let column = columns.iter().position(|known| Some(known.name.as_str()) == column.origin_name())?;
        Some((table, column))
    });
    ResultColumn {
        name: String::new(),
        class: None,
        own: origin,
        mixed: None,
        nullable: true,
        origin,
        excerpt: String::new(),
    }
}

/// The one class on which all trials agree.
fn class_seen(seen: &[Type]) -> Option<Class> {
    let mut classes = seen.iter().filter_map(|seen| match seen {
        Type::Null => None,
        Type::Integer => Some(Class::Integer),
        Type::Real => Some(Class::Real),
        Type::Text => Some(Class::Text),
        Type::Blob => Some(Class::Blob),
    });
    let first = classes.next()?;
    classes.all(|class| class == first).then_some(first)
}
