//! Checks what is written, and makes the table of it.

use syn::ext::IdentExt;
use syn::{Expr, ExprLit, ExprUnary, Fields, Lit, LitStr, Type, UnOp};

use super::columns::{self, ColumnType, KeyForm, Storage};
use super::model::{
    Column, Default, Index, Made, Optional, Order, Reference, Table, Uniqueness, Written, WrittenDefault, WrittenField,
    WrittenIndex,
};
use super::{expiry, search};
use crate::problems::Problems;
use ::quote::quote as tokens;

use crate::sql::quote;
use crate::{suggest, types};

/// The table that is meant, as far as it can be told. Nothing, if the struct has no named fields.
pub(super) fn table(written: &Written, problems: &mut Problems) -> Option<Table> {
    let item = &written.item;
    if !item.generics.params.is_empty() {
        problems.at(&item.generics, "a table can't be generic: write a struct for each table");
    }
    match &item.fields {
        Fields::Named(fields) if fields.named.is_empty() => {
            problems.at(&item.ident, "a table has columns: write a field for each, with `#[key]` above one");
            return None;
        }
        Fields::Named(_) => {}
        Fields::Unnamed(fields) => {
            problems.at(fields, "the fields of a table have names: write `{ … }` instead of `( … )`");
            return None;
        }
        Fields::Unit => {
            problems.at(&item.ident, "a table has columns: write a field for each, with `#[key]` above one");
            return None;
        }
    }
    let name = match &written.name {
        Some(name) => checked_name(name, "a table", problems),
        None => quote::snake_case(&item.ident.unraw().to_string()),
    };
    let columns: Vec<Column> = written.fields.iter().map(|field| column(field, written, problems)).collect();
    repeated_names(written, &columns, problems);
    let key = key(written, problems);
    let assigned = assigned(written, &columns, &key, problems);
    let mut table = Table { name, columns, key, assigned, indexes: Vec::new(), search: None, expiry: None };
    table.indexes = indexes(written, &table, problems);
    table.search = search::checked(written, &table, problems);
    table.expiry = expiry::checked(written, &table, problems);
    Some(table)
}

fn column(field: &WrittenField, written: &Written, problems: &mut Problems) -> Column {
    let ty = own_type(&field.ty, written);
    let optional = types::optional(&ty);
    let column_type = match field.json {
        Some(_) => {
            let null = optional.is_some();
            let storage = if types::is_known(&ty) { Storage::Json } else { Storage::OwnJson };
            ColumnType { storage, null, key_form: KeyForm::Own }
        }
        None => columns::classify(&ty).unwrap_or_else(|message| {
            problems.at(&field.ty, message);
            ColumnType { storage: Storage::Own, null: optional.is_some(), key_form: KeyForm::Own }
        }),
    };
    let field_name = field.ident.unraw().to_string();
    let name = match &field.name {
        Some(name) => checked_name(name, "a column", problems),
        None => field_name.clone(),
    };
    if name.eq_ignore_ascii_case(expiry::WRITTEN_AT) {
        let at = field.name.as_ref().map_or_else(|| field.ident.span(), LitStr::span);
        problems.at_span(at, format!("`{name}` is the runtime's own column: choose another name"));
    }
    if let Some(span) = field.key {
        if column_type.null {
            problems.at(&field.ty, "a key is never NULL: write its type without `Option`");
        } else if field.json.is_some() {
            problems.at_span(span, "a column of JSON can't be a key: make a column of its own for what identifies it");
        }
    }
    if let (Some(_), Some(index)) = (field.unique, field.index) {
        problems.at_span(index, "`#[unique]` makes an index already: remove `#[index]`");
    }
    for span in [field.unique, field.index].into_iter().flatten().filter(|_| field.json.is_some()) {
        problems.at_span(span, "a column of JSON can't be indexed: make a column of its own for what is looked up");
    }
    let default = field.default.as_ref().and_then(|default| self::default(default, field, &column_type, problems));
    let references = reference(field, &ty, &default, problems);
    let check = field.check.as_ref().and_then(|check| condition(check, "check", problems));
    Column { field: field.ident.clone(), field_name, name, ty, column_type, default, references, check }
}

/// The type with the struct's name for `Self`, as it is also used outside of the struct.
fn own_type(ty: &Type, written: &Written) -> Type {
    syn::parse2(types::without_self(ty, &written.item.ident)).unwrap_or_else(|_| ty.clone())
}

fn checked_name(name: &LitStr, what: &str, problems: &mut Problems) -> String {
    let text = name.value();
    if text.is_empty() {
        problems.at(name, format!("the name of {what} is not empty"));
    } else if text.contains(|odd: char| matches!(odd, '"' | '{' | '}') || odd.is_control()) {
        problems.at(name, format!("the name of {what} has no quotes, braces or control characters"));
    } else if text.to_ascii_lowercase().starts_with("sqlite_") {
        problems.at(name, "names that begin with `sqlite_` belong to SQLite: choose another");
    }
    text
}

/// A piece of SQL in parentheses: it must not get out of them.
fn condition(text: &LitStr, option: &str, problems: &mut Problems) -> Option<String> {
    let sql = text.value();
    if sql.trim().is_empty() {
        problems.at(text, format!("write a condition in SQL: `{option} = \"quantity > 0\"`"));
        return None;
    }
    if sql.contains(';') || sql.contains("--") || sql.contains("/*") {
        problems.at(text, "a condition is one expression of SQL, without `;` and comments");
        return None;
    }
    Some(sql)
}

fn repeated_names(written: &Written, columns: &[Column], problems: &mut Problems) {
    for (position, column) in columns.iter().enumerate() {
        let same = |earlier: &&Column| earlier.name.eq_ignore_ascii_case(&column.name);
        let Some(earlier) = columns[..position].iter().find(same) else { continue };
        if earlier.field_name == column.field_name {
            continue; // the compiler says so itself
        }
        let message = format!("the column `{}` is there already, for the field `{}`", column.name, earlier.field_name);
        match &written.fields[position].name {
            Some(name) => problems.at(name, message),
            None => problems.at(&column.field, message),
        }
    }
}

fn key(written: &Written, problems: &mut Problems) -> Vec<usize> {
    let fields = written.fields.iter().enumerate();
    let key: Vec<usize> = fields.filter(|(_, field)| field.key.is_some()).map(|(position, _)| position).collect();
    if key.is_empty() {
        problems.at(&written.item.ident, "a table has a key: write `#[key]` above a field");
    }
    if let [only] = key[..] {
        let field = &written.fields[only];
        for (attribute, span) in [("unique", field.unique), ("index", field.index)] {
            if let Some(span) = span {
                problems.at_span(span, format!("the key is an index already: remove `#[{attribute}]`"));
            }
        }
    }
    key
}

/// The column that SQLite assigns: the only key, if it is the `Id` of this very table.
fn assigned(written: &Written, columns: &[Column], key: &[usize], problems: &mut Problems) -> Option<usize> {
    let [only] = *key else { return None };
    let named = types::named(&columns[only].ty)?;
    let [of] = named.arguments[..] else { return None };
    if !named.is("Id") || types::named(of)?.ident != &written.item.ident {
        return None;
    }
    if let Some(default) = &written.fields[only].default {
        let message = "SQLite assigns this key: remove `#[default]`";
        match default {
            WrittenDefault::Now(span) => problems.at_span(*span, message),
            WrittenDefault::Expr(expression) => problems.at(expression, message),
        }
    }
    Some(only)
}

fn default(
    default: &WrittenDefault,
    field: &WrittenField,
    column: &ColumnType,
    problems: &mut Problems,
) -> Option<Default> {
    let inner = types::optional(&field.ty);
    let expression = match default {
        WrittenDefault::Now(span) => {
            if !types::is(inner.unwrap_or(&field.ty), "Timestamp") {
                problems.at_span(*span, "`now` is a `Timestamp`: give the field that type, or write another default");
                return None;
            }
            return Some(Default::Now(if inner.is_some() { Optional::Yes } else { Optional::No }));
        }
        WrittenDefault::Expr(expression) => expression,
    };
    let constant = constant(expression);
    let text = matches!(&constant, Some(constant) if constant.is_text) && column.key_form == KeyForm::Str;
    let mut rust = if text { tokens!(::core::convert::From::from(#expression)) } else { tokens!(#expression) };
    if constant.is_some() && inner.is_some() {
        rust = tokens!(::core::option::Option::Some(#rust));
    }
    let made = match &constant {
        Some(constant) if !constant.is_text => Made::Before,
        _ => Made::WhenNeeded,
    };
    let sql = constant.and_then(|constant| constant.sql).filter(|_| matches!(column.storage, Storage::Known(_)));
    Some(Default::Value { rust, sql, made })
}

/// A literal.
struct Constant {
    sql: Option<String>,
    is_text: bool,
}

impl Constant {
    fn begins_with_minus(&self) -> bool {
        self.sql.as_ref().is_some_and(|sql| sql.starts_with('-'))
    }
}

fn constant(expression: &Expr) -> Option<Constant> {
    match expression {
        Expr::Lit(ExprLit { lit, .. }) => {
            let sql = match lit {
                Lit::Str(text) => Some(quote::text(&text.value())),
                Lit::Bool(value) => Some(u8::from(value.value).to_string()),
                Lit::Int(number) => number.base10_parse::<i64>().ok().map(|number| number.to_string()),
                Lit::Float(number) => Some(number.base10_digits().to_owned()),
                _ => None,
            };
            Some(Constant { sql, is_text: matches!(lit, Lit::Str(_)) })
        }
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            // `--` would begin a comment.
            let positive = constant(expr).filter(|constant| !constant.is_text && !constant.begins_with_minus())?;
            Some(Constant { sql: positive.sql.map(|sql| format!("-{sql}")), is_text: false })
        }
        _ => None,
    }
}

fn reference(field: &WrittenField, ty: &Type, default: &Option<Default>, problems: &mut Problems) -> Option<Reference> {
    use super::model::OnDelete;
    let written = field.references.as_ref()?;
    let inner = types::optional(ty);
    let target = inner.unwrap_or(ty);
    let named = types::named(target).filter(|named| named.is("Id"));
    let Some([table]) = named.as_ref().map(|named| &named.arguments[..]) else {
        problems.at_span(written.span, "`#[references]` goes on a field of type `Id<Other>` or `Option<Id<Other>>`");
        return None;
    };
    if written.on_delete == Some(OnDelete::SetNull) && inner.is_none() && default.is_none() {
        problems.at(&field.ty, format!("`set_null` needs room for NULL: write `Option<{}>`", types::readable(ty)));
    }
    Some(Reference { span: written.span, table: (*table).clone(), on_delete: written.on_delete })
}

fn indexes(written: &Written, table: &Table, problems: &mut Problems) -> Vec<Index> {
    let mut indexes: Vec<Index> = Vec::new();
    for (position, field) in written.fields.iter().enumerate() {
        let uniqueness = match (field.unique, field.index) {
            (Some(_), _) => Uniqueness::Unique,
            (None, Some(_)) => Uniqueness::Plain,
            (None, None) => continue,
        };
        if table.key == [position] {
            continue;
        }
        indexes.push(named_index(table, vec![(position, Order::Ascending)], uniqueness, None));
    }
    for written_index in &written.indexes {
        let Some(columns) = index_columns(written_index, written, table, problems) else { continue };
        let filter = written_index.filter.as_ref().and_then(|filter| condition(filter, "where", problems));
        let mut index = named_index(table, columns, written_index.uniqueness, filter);
        let positions = index.positions();
        let same = |earlier: &Index| earlier.positions() == positions && earlier.filter == index.filter;
        if indexes.iter().any(same) {
            problems.at_span(written_index.span, "there is an index over these columns already: remove one of them");
        } else if positions == table.key && index.filter.is_none() {
            problems.at_span(written_index.span, "the key is an index over these columns already: remove this one");
        } else {
            // A partial index may be over the columns of another, and `a_b` reads like `a` and `b`.
            while indexes.iter().any(|earlier| earlier.name == index.name) {
                index.name.push_str("_also");
            }
            indexes.push(index);
        }
    }
    indexes.sort_by_key(|index| index.filter.is_some());
    indexes
}

fn index_columns(
    index: &WrittenIndex,
    written: &Written,
    table: &Table,
    problems: &mut Problems,
) -> Option<Vec<(usize, Order)>> {
    let mut columns: Vec<(usize, Order)> = Vec::new();
    let mut all_known = true;
    for (column, order) in &index.columns {
        let name = column.unraw().to_string();
        let Some(position) = table.columns.iter().position(|column| column.field_name == name) else {
            let fields: Vec<&str> = table.columns.iter().map(|column| column.field_name.as_str()).collect();
            problems.at(column, format!("there is no field `{name}`{}", suggest::instead_of(&name, &fields)));
            all_known = false;
            continue;
        };
        if columns.iter().any(|(earlier, _)| *earlier == position) {
            problems.at(column, format!("`{name}` is in this index already: write it once"));
            all_known = false;
        } else if written.fields[position].json.is_some() {
            problems.at(column, "a column of JSON can't be indexed: make a column of its own for what is looked up");
            all_known = false;
        } else {
            columns.push((position, *order));
        }
    }
    all_known.then_some(columns)
}

fn named_index(table: &Table, columns: Vec<(usize, Order)>, uniqueness: Uniqueness, filter: Option<String>) -> Index {
    let names = columns.iter().map(|(column, _)| table.columns[*column].name.as_str());
    let name = [table.name.as_str()].into_iter().chain(names).collect::<Vec<_>>().join("_");
    Index { name, columns, uniqueness, filter }
}
