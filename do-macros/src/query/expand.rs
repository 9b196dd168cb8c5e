//! Prints what a `sql!` becomes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Path, Type};

use super::parse::Call;
use crate::schema::{Class, Schema};
use crate::sqlite::{self, Access, Checked, Form, Param, ResultColumn};
use crate::{suggest, types};

/// A mistake, as the expression itself: then nothing else is wrong with it.
pub(super) fn refused(error: syn::Error) -> TokenStream {
    let error = error.into_iter().next().unwrap_or_else(|| syn::Error::new(Span::call_site(), "this is refused"));
    let (span, message) = (error.span(), error.to_string());
    quote_spanned!(span=> ::core::compile_error!(#message))
}

/// A `sql!` that could be read.
pub(super) fn call(call: &Call) -> TokenStream {
    if call.schema.refused {
        return unknown(call);
    }
    let frozen = &call.schema;
    let schema = frozen.schema();
    let at = call.sql.span();
    let checked = match sqlite::check(&schema, &call.sql.value()) {
        Ok(checked) => checked,
        Err(message) => return refused(syn::Error::new(at, message)),
    };
    if let Err(error) = parameters_match(call, &checked) {
        return refused(error);
    }
    let warning = match &checked.scan {
        Some(scan) if !call.scans_allowed && frozen.deny_scans => return refused(syn::Error::new(at, scan)),
        Some(scan) if !call.scans_allowed => Some(scan_warning(scan, at)),
        _ => None,
    };
    if cfg!(not(feature = "checked-sql")) {
        return unchecked(call, &checked, &schema);
    }
    let statement = match (&call.row, checked.columns.is_empty()) {
        (Some(row), true) if !types::is_unit(row) => {
            let message = "this statement gives no rows: leave the row type out, or add `RETURNING` and the columns";
            return refused(syn::Error::new(row.span(), message));
        }
        (_, true) => statement(call, &checked, &schema, &quote!(())),
        (Some(row), false) => {
            let fits = fits(&call.object, row, &checked, at);
            let read = quote_spanned!(row.span()=> <#row as ::do_runtime::__private::sql::Rows>::Read);
            let statement = statement(call, &checked, &schema, &read);
            quote!({ #fits #statement })
        }
        (None, false) => match record(call, &checked, &schema) {
            Ok(record) => record,
            Err(message) => return refused(syn::Error::new(at, message)),
        },
    };
    match warning {
        Some(warning) => quote!({ #warning #statement }),
        None => statement,
    }
}

/// A statement that is left to the first wake of the object: it is put where that finds it.
fn unchecked(call: &Call, checked: &Checked, schema: &Schema) -> TokenStream {
    if call.row.is_none() && matches!(checked.access, Access::Reads) {
        let message = "without the feature `checked-sql` nothing is known of the columns: name the type of the rows, as in \
                       `sql!(cx, Row, \"…\")`";
        return refused(syn::Error::new(call.sql.span(), message));
    }
    let row = call.row.as_ref().map_or(quote!(()), |row| quote!(#row));
    let (object, sql, statement) = (&call.object, &call.sql, statement(call, checked, schema, &row));
    quote! {{
        ::do_runtime::__private::inventory::submit! {
            ::do_runtime::__private::WrittenSql {
                class: <#object as ::do_runtime::__private::Object>::CLASS,
                sql: #sql,
                file: ::core::file!(),
                line: ::core::line!(),
            }
        }
        #statement
    }}
}

/// Where the schema has mistakes: whatever is named is used, and nothing is said of it.
fn unknown(call: &Call) -> TokenStream {
    let row = call.row.as_ref().map_or(quote!(()), |row| quote!(#row));
    let (cx, sql) = (&call.cx, call.sql.value());
    let bound = call.bound.iter().map(|(_, value)| value);
    let variables = sqlite::parameters(&sql).into_iter().filter(|name| !call.binds(name));
    let variables = variables.map(|name| variable(&name, call.sql.span()));
    quote! {{
        let _ = (&#cx, #(&#bound,)* #(&#variables,)*);
        ::do_runtime::__private::sql::typed::<::do_runtime::Query<'_, #row>>()
    }}
}

/// Everything that is bound stands in the SQL.
fn parameters_match(call: &Call, checked: &Checked) -> syn::Result<()> {
    let known: Vec<&str> = checked.params.iter().map(|param| param.name.as_str()).collect();
    for (name, _) in &call.bound {
        let text = name.unraw().to_string();
        if !known.contains(&text.as_str()) {
            let meant = match known.as_slice() {
                [] => "; it has no parameters".to_owned(),
                known => {
                    let marked: Vec<String> = known.iter().map(|known| format!(":{known}")).collect();
                    let marked: Vec<&str> = marked.iter().map(String::as_str).collect();
                    suggest::instead_of(&format!(":{text}"), &marked)
                }
            };
            return Err(syn::Error::new(name.span(), format!("the SQL has no `:{text}`{meant}")));
        }
    }
    Ok(())
}

/// The call of the runtime.
fn statement(call: &Call, checked: &Checked, schema: &Schema, row: &TokenStream) -> TokenStream {
    let (object, cx, sql) = (&call.object, &call.cx, &call.sql);
    let params = checked.params.iter().map(|param| parameter(call, param, schema));
    let params = quote!(&[#(#params),*]);
    let run = match checked.access {
        Access::Reads => {
            let cx = quote_spanned!(cx.span()=> &*#cx);
            quote!(::do_runtime::__private::sql::reads::<#object, #row>(#cx, #sql, #params))
        }
        Access::Writes => {
            let cx = quote_spanned!(cx.span()=> &mut *#cx);
            // The parameters first: `cx.now()` may be one of them.
            quote!(::do_runtime::__private::sql::writes::<#object, #row>(#params, #cx, #sql))
        }
    };
    match checked.params.iter().any(|param| param.own.is_some_and(|origin| has_types(schema, origin))) {
        true => quote!({
            use ::do_runtime::__private::sql::{OfBlob as _, OfInteger as _, OfReal as _, OfText as _, OfUnknown as _};
            #run
        }),
        false => run,
    }
}

/// The variable of a parameter.
fn variable(name: &str, at: Span) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(_) => Ident::new(name, at),
        Err(_) => Ident::new_raw(name, at),
    }
}

fn parameter(call: &Call, param: &Param, schema: &Schema) -> TokenStream {
    let name = &param.name;
    let (value, span) = match call.bound.iter().find(|(bound, _)| bound.unraw() == name.as_str()) {
        // The reference is to the whole of it: `&n as i64` would be one to `n`.
        Some((_, value @ (Expr::Path(_) | Expr::Lit(_) | Expr::Field(_) | Expr::Call(_) | Expr::MethodCall(_)))) => {
            (quote!(#value), value.span())
        }
        Some((_, value)) => (quote_spanned!(value.span()=> (#value)), value.span()),
        // A variable that is missing is to be reported at the literal.
        None => {
            let ident = variable(name, call.sql.span());
            (quote!(#ident), call.sql.span())
        }
    };
    if let Some((table, column)) = param.own.filter(|origin| has_types(schema, *origin)) {
        let object = &call.object;
        let column = quote_spanned!(span=> ::do_runtime::__private::sql::of_column::<#object, _, _, #table, #column>());
        let function = if param.form == Form::One { quote_spanned!(span=> one) } else { quote_spanned!(span=> list) };
        let value = quote_spanned!(span=> (&&&&&#column).#function(&#value));
        return quote!((#name, #value));
    }
    let function = match (param.form, param.class) {
        (Form::One, None) => quote_spanned!(span=> any),
        (Form::List, None) => quote_spanned!(span=> any_list),
        (form, Some(class)) => {
            let marker = match class {
                Class::Integer if param.count => quote_spanned!(span=> Count),
                Class::Integer => quote_spanned!(span=> Integer),
                Class::Real => quote_spanned!(span=> Real),
                Class::Text => quote_spanned!(span=> Text),
                Class::Blob => quote_spanned!(span=> Blob),
            };
            let function = if form == Form::One { quote_spanned!(span=> one) } else { quote_spanned!(span=> list) };
            quote_spanned!(span=> #function::<::do_runtime::__private::#marker, _>)
        }
    };
    let value = quote_spanned!(span=> &#value);
    let value = quote_spanned!(span=> ::do_runtime::__private::sql::#function(#value));
    quote!((#name, #value))
}

/// The proof that the rows can be read as their type.
fn fits(object: &Path, row: &Type, checked: &Checked, at: Span) -> TokenStream {
    let columns = checked.columns.iter().map(|column| {
        let ResultColumn { name, nullable, excerpt, .. } = column;
        let class = match (column.class, column.own, column.mixed) {
            (Some(class), ..) => class.sql().to_token_stream(),
            (None, Some((table, column)), _) => {
                quote!(::do_runtime::__private::sql::class_of::<#object>(#table, #column))
            }
            (None, None, Some((one, other))) => format!("{} or {}", one.sql(), other.sql()).to_token_stream(),
            (None, None, None) => quote!(""),
        };
        quote! {
            ::do_runtime::__private::Given { name: #name, sql_type: #class, null: #nullable, excerpt: #excerpt }
        }
    });
    let shape = quote_spanned!(row.span()=> <#row as ::do_runtime::__private::sql::Rows>::SHAPE);
    let columns = quote!(&[#(#columns),*]);
    let check = quote_spanned!(at=> ::do_runtime::__private::row_fits(#shape, #columns));
    quote!(const _: () = #check;)
}

/// Rows without a type of their own: a struct with a field for each column.
fn record(call: &Call, checked: &Checked, schema: &Schema) -> Result<TokenStream, String> {
    let mut fields: Vec<Ident> = Vec::new();
    let mut values = Vec::new();
    for column in &checked.columns {
        let name = &column.name;
        let field = field(column, call.sql.span())?;
        if fields.contains(&field) {
            return Err(format!(
                "the query gives two columns called `{name}`: name one of them with `AS`\n{}",
                column.excerpt
            ));
        }
        fields.push(field);
        values.push(value_of_type(call, column, schema)?);
    }
    let types: Vec<Ident> = (0..fields.len()).map(|index| format_ident!("T{index}")).collect();
    let names = checked.columns.iter().map(|column| &column.name);
    let indexes = 0..fields.len();
    let statement = statement(call, checked, schema, &quote!(_));
    Ok(quote! {{
        /// A row of this query.
        #[allow(dead_code)]
        #[derive(Debug, Clone, PartialEq)]
        struct Record<#(#types),*> {
            #(#fields: #types),*
        }

        impl<#(#types: ::do_runtime::__private::Column),*> ::do_runtime::__private::FromRow for Record<#(#types),*> {
            fn from_row(row: &dyn ::do_runtime::__private::RowAccess) -> ::do_runtime::Result<Self> {
                ::core::result::Result::Ok(Self {
                    #(#fields: ::do_runtime::__private::column(row, #indexes, #names)?),*
                })
            }
        }

        ::do_runtime::__private::sql::like(#statement, || Record { #(#fields: #values),* })
    }})
}

fn field(column: &ResultColumn, span: Span) -> Result<Ident, String> {
    let name = &column.name;
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name != "_";
    if !is_name {
        return Err(format!(
            "the column `{name}` has no name that a field can have: write `{name} AS name`\n{}",
            column.excerpt
        ));
    }
    Ok(match syn::parse_str::<Ident>(name) {
        Ok(_) => Ident::new(name, span),
        Err(_) if ["self", "super", "crate", "Self"].contains(&name.as_str()) => {
            return Err(format!("a field can't be called `{name}`: write `AS` and another name\n{}", column.excerpt));
        }
        Err(_) => Ident::new_raw(name, span),
    })
}

/// Whether the type of a column can be asked for: there are tuples of so many.
fn has_types(schema: &Schema, (table, _): (usize, usize)) -> bool {
    const WIDEST: usize = 16;
    schema.tables.len() <= WIDEST && schema.tables[table].columns.len() <= WIDEST
}

/// A value of the column's type, which is never made.
fn value_of_type(call: &Call, column: &ResultColumn, schema: &Schema) -> Result<TokenStream, String> {
    let object = &call.object;
    if let Some((table, index)) = column.origin.filter(|origin| has_types(schema, *origin)) {
        let value = quote!(::do_runtime::__private::sql::column_type::<#object, _, _, #table, #index>());
        let declared_null = schema.tables[table].columns[index].nullable;
        return Ok(match column.nullable && !declared_null {
            true => quote!(::do_runtime::__private::sql::maybe(#value)),
            false => value,
        });
    }
    let Some(class) = column.class else {
        let ResultColumn { name, excerpt, .. } = column;
        if let Some((one, other)) = column.mixed {
            let (one, other) = (one.sql(), other.sql());
            let advice = "write `CAST(… AS TEXT)` or the like, so that it is of one class";
            return Err(format!("the column `{name}` is {one} or {other}: {advice}\n{excerpt}"));
        }
        return Err(format!(
            "the type of the column `{name}` can't be told: name a row type, as in `sql!(cx, (i64,), \"…\")`\n{excerpt}"
        ));
    };
    let ty = match class {
        Class::Integer => quote!(::core::primitive::i64),
        Class::Real => quote!(::core::primitive::f64),
        Class::Text => quote!(::std::string::String),
        Class::Blob => quote!(::std::vec::Vec<::core::primitive::u8>),
    };
    let ty = if column.nullable { quote!(::core::option::Option<#ty>) } else { ty };
    Ok(quote!(::do_runtime::__private::sql::typed::<#ty>()))
}

/// Stable Rust has no warnings of macros; the use of a deprecated item at the literal is one.
fn scan_warning(note: &str, span: Span) -> TokenStream {
    let item = Ident::new("scan", span);
    let used = quote_spanned!(span=> #item());
    quote! {
        #[deprecated(note = #note)]
        fn #item() {}
        #used;
    }
}
