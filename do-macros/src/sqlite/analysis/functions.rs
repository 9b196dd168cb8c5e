//! What SQLite's own functions give.

use super::value::{asked, one_of};
use super::{Told, Value};
use crate::schema::Class;
use crate::sqlite::shape::{Call, Expr, Over};

/// The value of a call. `bare`: an aggregate here may have had no row at all.
pub(super) fn result(call: &Call, arguments: &[Value], bare: bool) -> Value {
    let name = call.name.as_str();
    let any_null = arguments.iter().any(|argument| argument.nullable);
    let first = arguments.first();
    let told = |value: Option<&Value>| value.map_or(Told::Ask, |value| value.told);
    if call.is_aggregate() || call.over != Over::No {
        return rows(call, arguments, bare);
    }
    match name {
        // NULL only if an argument is.
        "length" | "instr" | "octet_length" => Value::known(Class::Integer, any_null),
        "upper" | "lower" | "trim" | "ltrim" | "rtrim" | "replace" => Value::known(Class::Text, any_null),
        "char" | "hex" | "quote" | "typeof" | "sqlite_version" | "concat" => Value::known(Class::Text, false),
        "round" => Value::known(Class::Real, any_null),
        "abs" => match told(first) {
            Told::Known(class @ (Class::Integer | Class::Real)) => Value::known(class, any_null),
            _ => Value::new(asked(&arguments.iter().collect::<Vec<_>>()), true),
        },
        "substr" | "substring" => match told(first) {
            Told::Known(Class::Text | Class::Integer | Class::Real) => Value::known(Class::Text, any_null),
            Told::Known(Class::Blob) => Value::known(Class::Blob, any_null),
            Told::Mixed(..) => Value::new(Told::Ask, true),
            Told::Own(..) => Value::silent(),
            other => Value::new(other, true),
        },
        "random" | "changes" | "total_changes" | "last_insert_rowid" => Value::known(Class::Integer, false),
        "randomblob" | "zeroblob" => Value::known(Class::Blob, false),
        "bm25" | "pi" => Value::known(Class::Real, false),
        // Of the text of all columns of a full-text table.
        "highlight" | "snippet" => Value::known(Class::Text, first.is_none_or(|table| table.nullable)),
        "json_valid" => Value::known(Class::Integer, any_null),
        "likely" | "unlikely" | "likelihood" => first.cloned().unwrap_or_else(Value::silent),
        // One of the arguments.
        "coalesce" | "ifnull" => {
            let chosen = one_of(&pairs(call, arguments));
            Value { nullable: arguments.iter().all(|argument| argument.nullable), ..chosen }
        }
        "iif" | "if" => {
            let pairs = pairs(call, arguments);
            let complete = pairs.len() % 2 == 1;
            let last = pairs.len().saturating_sub(1);
            let results: Vec<_> = (pairs.into_iter().enumerate())
                .filter(|(at, _)| at % 2 == 1 || complete && *at == last)
                .map(|(_, pair)| pair)
                .collect();
            one_of(&results).or_null(!complete)
        }
        // A number is always less than a text.
        "min" | "max" => match one_of(&pairs(call, arguments)) {
            Value { told: Told::Mixed(..), .. } => Value::new(Told::Ask, any_null),
            value => Value { nullable: any_null, ..value },
        },
        "nullif" => Value::new(told(first), true),
        // NULL for a format that is NULL, whatever else is.
        "printf" | "format" => Value::known(Class::Text, first.is_none_or(|format| format.nullable)),
        "sign" if matches!(told(first), Told::Known(Class::Integer | Class::Real)) => {
            Value::known(Class::Integer, any_null)
        }
        // NULL for what they can't read.
        "unicode" | "sign" | "unixepoch" | "json_array_length" => Value::known(Class::Integer, true),
        "json_object" | "json_array" => Value::known(Class::Text, false),
        "json" | "json_type" | "json_quote" | "json_set" | "json_insert" | "json_replace" | "json_remove"
        | "json_patch" | "strftime" | "date" | "time" | "datetime" | "timediff" | "concat_ws" => {
            Value::known(Class::Text, true)
        }
        "julianday" | "sqrt" | "exp" | "ln" | "log" | "log10" | "log2" | "pow" | "power" | "sin" | "cos" | "tan"
        | "radians" | "degrees" => Value::known(Class::Real, true),
        // What is in a JSON text is not in the schema.
        "json_extract" | "jsonb_extract" => Value::silent(),
        _ => Value::new(asked(&arguments.iter().collect::<Vec<_>>()), true),
    }
}

fn pairs<'c>(call: &'c Call, arguments: &[Value]) -> Vec<(Value, &'c Expr)> {
    arguments.iter().cloned().zip(&call.arguments).collect()
}

/// What an aggregate or a window function gives.
fn rows(call: &Call, arguments: &[Value], bare: bool) -> Value {
    let argument = arguments.first();
    let has_rows = call.filter.is_none()
        && match call.over {
            // Each group has a row.
            Over::No => !bare,
            Over::Current => true,
            Over::Framed => false,
        };
    let nullable = !has_rows || argument.is_none_or(|argument| argument.nullable);
    let told = argument.map_or(Told::Ask, |argument| argument.told);
    match call.name.as_str() {
        "count" | "row_number" | "rank" | "dense_rank" | "ntile" => Value::known(Class::Integer, false),
        "total" | "percent_rank" | "cume_dist" => Value::known(Class::Real, false),
        "avg" => Value::known(Class::Real, nullable),
        "sum" => match told {
            Told::Known(Class::Text | Class::Blob) => Value::new(Told::Ask, nullable),
            Told::Own(..) | Told::Mixed(..) => Value::new(Told::Silent, nullable),
            other => Value::new(other, nullable),
        },
        "min" | "max" | "first_value" | "last_value" => Value::new(told, nullable),
        "nth_value" => Value::new(told, true),
        // The default, if there is one, may be of another class.
        "lag" | "lead" if arguments.len() < 3 => Value::new(told, true),
        "group_concat" | "string_agg" => Value::known(Class::Text, nullable),
        "json_group_array" | "json_group_object" => Value::known(Class::Text, false),
        _ => Value::new(asked(&arguments.iter().collect::<Vec<_>>()), true),
    }
}
