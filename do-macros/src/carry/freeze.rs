//! One table after another is asked for its schema; then the object's own macro is written.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Path, Token, Visibility, braced};

use super::table::{Carried, Frozen};
use super::{Reach, callback};
use crate::problems::Problems;
use crate::schema::Table;

/// What is known so far.
pub(crate) struct Freezing {
    /// The object's visibility.
    pub(crate) vis: Visibility,
    /// The tables that were not asked yet.
    pub(crate) todo: Vec<Path>,
    /// What was said.
    pub(crate) frozen: Frozen,
}

impl Freezing {
    /// Asks the next table, or writes the object's macro.
    pub(crate) fn next(self) -> TokenStream {
        match self.todo.first() {
            Some(table) => quote!(#table! { {::do_runtime::__private::__freeze} {#self} }),
            None => self.finish(),
        }
    }

    fn finish(mut self) -> TokenStream {
        let mut problems = Problems::default();
        if !self.frozen.refused {
            resolve_references(&mut self.frozen.tables, &mut problems);
            self.frozen.refused = !problems.is_empty();
        }
        let object = self.frozen.object.clone();
        let name = format_ident!("__object_{}", object.unraw());
        let callback = callback(&name, &object, &self.vis, Reach::Crate, &self.frozen.to_token_stream());
        let problems = problems.into_tokens();
        quote!(#callback #problems)
    }
}

/// Puts the names of other tables where they are referenced.
fn resolve_references(tables: &mut [(Path, Table)], problems: &mut Problems) {
    let last = |text: &str| text.rsplit("::").next().unwrap_or(text).to_owned();
    let names: Vec<(String, String, String)> = tables
        .iter()
        .map(|(path, table)| {
            let called = path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default();
            (called, table.rust.clone(), table.name.clone())
        })
        .collect();
    for (path, table) in tables {
        while let Some(start) = table.ddl.find("{table:") {
            let Some(length) = table.ddl[start..].find('}') else { break };
            let placeholder = table.ddl[start..=start + length].to_owned();
            let wanted = last(&placeholder["{table:".len()..placeholder.len() - 1]);
            let found = names.iter().find(|(called, rust, _)| *called == wanted || *rust == wanted);
            let name = match found {
                Some((_, _, name)) => name.clone(),
                None => {
                    let message = format!(
                        "`{}` references `{wanted}`, which is not a table of this object: write `{wanted}` beside it in `tables(…)`",
                        table.rust
                    );
                    problems.at(path, message);
                    table.name.clone()
                }
            };
            table.ddl = table.ddl.replace(&placeholder, &name);
        }
    }
}

impl ToTokens for Freezing {
    fn to_tokens(&self, to: &mut TokenStream) {
        let Freezing { vis, todo, frozen } = self;
        to.extend(quote!({#vis} {#(#todo),*} {#frozen}));
    }
}

impl Parse for Freezing {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (vis, todo, frozen);
        braced!(vis in input);
        braced!(todo in input);
        braced!(frozen in input);
        Ok(Freezing {
            vis: vis.parse()?,
            todo: todo.parse_terminated(Path::parse_mod_style, Token![,])?.into_iter().collect(),
            frozen: frozen.parse()?,
        })
    }
}

/// What a table answered.
struct Answer {
    freezing: Freezing,
    table: Carried,
}

impl Parse for Answer {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (payload, schema);
        braced!(payload in input);
        braced!(schema in input);
        Ok(Answer { freezing: payload.parse()?, table: schema.parse()? })
    }
}

/// `__freeze! { {what is known so far} {a table} }`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Answer { mut freezing, table } = match syn::parse2(input) {
        Ok(answer) => answer,
        Err(error) => return error.into_compile_error(),
    };
    let path = freezing.todo.remove(0);
    match table {
        Carried::Table(table) => freezing.frozen.tables.push((path, table)),
        Carried::Refused => freezing.frozen.refused = true,
    }
    freezing.next()
}

/// The macro of an object with mistakes.
pub(crate) fn refused(vis: &Visibility, object: &Ident) -> TokenStream {
    let frozen = Frozen { object: object.clone(), tables: Vec::new(), refused: true, deny_scans: false };
    Freezing { vis: vis.clone(), todo: Vec::new(), frozen }.next()
}
