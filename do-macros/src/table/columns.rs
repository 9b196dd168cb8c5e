//! Which Rust types can be columns, as far as their spelling tells.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::model::Column;
use crate::types;

/// What a field is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ColumnType {
    /// How it is stored.
    pub(crate) storage: Storage,
    /// Whether it may be NULL.
    pub(crate) null: bool,
    /// How a key of it is handed over.
    pub(crate) key_form: KeyForm,
}

/// How a column's values are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// As a type of SQLite that the spelling tells.
    Known(&'static str),
    /// As the type's own `Column` says.
    Own,
    /// As JSON in TEXT, of a type that is known to have serde's traits.
    Json,
    /// As JSON in TEXT.
    OwnJson,
}

/// How a key is handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyForm {
    /// The value itself, being `Copy`.
    Value,
    /// `&str`.
    Str,
    /// `&[u8]`.
    Bytes,
    /// As the type's own `Column` says.
    Own,
}

/// What a type is in the database, or a sentence that says what to use instead.
pub(crate) fn classify(ty: &Type) -> Result<ColumnType, String> {
    if let Some(inner) = types::optional(ty) {
        if types::optional(inner).is_some() {
            return Err("an `Option` in an `Option` can't be told apart in a database: write one".to_owned());
        }
        return Ok(ColumnType { null: true, ..classify(inner)? });
    }
    if let Some(problem) = refusal(ty) {
        return Err(problem);
    }
    let known = |storage, key_form| ColumnType { storage: Storage::Known(storage), null: false, key_form };
    let own = ColumnType { storage: Storage::Own, null: false, key_form: KeyForm::Own };
    let Some(named) = types::named(ty) else { return Ok(own) };
    let is = |names: &[&str]| names.iter().any(|name| named.is(name));
    Ok(match named.arguments[..] {
        [] if is(&["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "bool", "Timestamp"]) => {
            known("INTEGER", KeyForm::Value)
        }
        [] if is(&["f64"]) => known("REAL", KeyForm::Value),
        [] if is(&["String"]) => known("TEXT", KeyForm::Str),
        [] if is(&["Bytes"]) => known("BLOB", KeyForm::Bytes),
        [] if is(&["Uuid", "ObjectId"]) => known("BLOB", KeyForm::Value),
        [_] if is(&["Vec"]) => known("BLOB", KeyForm::Bytes),
        [_] if is(&["ObjectRef"]) => known("BLOB", KeyForm::Value),
        [_] if is(&["Id"]) => known("INTEGER", KeyForm::Value),
        [_] if is(&["Json"]) => known("TEXT", KeyForm::Own),
        _ => own,
    })
}

/// Why a type can't be a column, if it is one that is known not to.
fn refusal(ty: &Type) -> Option<String> {
    const JSON: &str = "write `#[column(json)]` above the field";
    let text = types::readable(ty);
    let instead = match types::peel(ty) {
        Type::Reference(reference) => {
            let owned = match types::peel(&reference.elem) {
                Type::Slice(_) => "Vec<u8>",
                other if types::is(other, "str") => "String",
                _ => return Some(format!("a row owns its values: write the type of `{text}` without `&`")),
            };
            return Some(format!("a row owns its values: use `{owned}`"));
        }
        Type::Tuple(_) | Type::Array(_) => JSON,
        Type::Path(_) => {
            let named = types::named(ty)?;
            let is = |names: &[&str]| names.iter().any(|name| named.is(name));
            if is(&["isize", "usize"]) {
                "its size differs between machines; use `i64`"
            } else if is(&["i128", "u128"]) {
                "an integer of SQLite has 64 bits; use `i64`"
            } else if is(&["f32"]) {
                "use `f64`"
            } else if is(&["char", "str", "PathBuf", "OsString"]) {
                "use `String`"
            } else if is(&["Duration"]) {
                "keep its milliseconds in an `i64`, or write `#[column(json)]` above the field"
            } else if is(&["SystemTime", "Instant"]) {
                "use `Timestamp`"
            } else if is(&["HashMap", "HashSet", "BTreeMap", "BTreeSet", "VecDeque"]) || is_list(&named) {
                JSON
            } else {
                return None;
            }
        }
        Type::Macro(_) => return None,
        _ => "use one of the types that can, such as `i64`, `f64`, `bool`, `String`, `Vec<u8>` and `Timestamp`",
    };
    Some(format!("`{text}` can't be a column: {instead}"))
}

/// Whether it is a `Vec` of anything but bytes.
fn is_list(named: &types::Named<'_>) -> bool {
    named.is("Vec") && !matches!(named.arguments[..], [byte] if types::is(byte, "u8"))
}

impl Column {
    /// How a key is handed over: what the column's `Ref` is, written out where the spelling tells.
    pub(super) fn key_type(&self, lifetime: &TokenStream) -> TokenStream {
        let ty = &self.ty;
        let optional = types::optional(ty).is_some();
        let wrap = |ty: TokenStream| if optional { quote!(::core::option::Option<#ty>) } else { ty };
        match self.column_type.key_form {
            KeyForm::Value => quote!(#ty),
            KeyForm::Str => wrap(quote!(&#lifetime ::core::primitive::str)),
            KeyForm::Bytes => wrap(quote!(&#lifetime [::core::primitive::u8])),
            KeyForm::Own => {
                let lifetime = if lifetime.is_empty() { quote!('_) } else { lifetime.clone() };
                quote_spanned!(ty.span()=> <#ty as ::do_runtime::__private::Column>::Ref<#lifetime>)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn sql(ty: Type) -> Result<(Storage, bool), String> {
        classify(&ty).map(|column| (column.storage, column.null))
    }

    #[test]
    fn known_types_have_their_sql_type() {
        for (ty, expected) in [
            (parse_quote!(u32), "INTEGER"),
            (parse_quote!(bool), "INTEGER"),
            (parse_quote!(Id<Message>), "INTEGER"),
            (parse_quote!(do_runtime::Timestamp), "INTEGER"),
            (parse_quote!(f64), "REAL"),
            (parse_quote!(String), "TEXT"),
            (parse_quote!(Json<Vec<u8>>), "TEXT"),
            (parse_quote!(Vec<u8>), "BLOB"),
            (parse_quote!(Uuid), "BLOB"),
        ] {
            assert_eq!(sql(ty), Ok((Storage::Known(expected), false)));
        }
        assert_eq!(sql(parse_quote!(Option<String>)), Ok((Storage::Known("TEXT"), true)));
        assert_eq!(sql(parse_quote!(Option<Status>)), Ok((Storage::Own, true)));
    }

    #[test]
    fn a_type_that_cannot_be_a_column_says_what_to_use() {
        for (ty, expected) in [
            (parse_quote!(usize), "`usize` can't be a column: its size differs between machines; use `i64`"),
            (parse_quote!(f32), "`f32` can't be a column: use `f64`"),
            (parse_quote!(&'static str), "a row owns its values: use `String`"),
            (parse_quote!(Vec<String>), "`Vec<String>` can't be a column: write `#[column(json)]` above the field"),
            (parse_quote!(Option<char>), "`char` can't be a column: use `String`"),
            (parse_quote!((u8, u8)), "`(u8, u8)` can't be a column: write `#[column(json)]` above the field"),
        ] {
            assert_eq!(sql(ty), Err(expected.to_owned()));
        }
    }
}
