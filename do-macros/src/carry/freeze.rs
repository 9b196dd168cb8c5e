//! One table after another is asked for its schema; then the object's own macro is written.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Path, Token, Visibility, braced};

use super::table::{Carried, Frozen};
use super::{Reach, callback};
#[cfg(feature = "checked-sql")]
use crate::migrations;
use crate::problems::Problems;
use crate::schema::Table;
use crate::types::readable;

/// A table that is to be asked. It is asked through an import: if there is nothing of its name, that is one error at the name,
/// and whatever goes through the import has no error of its own. If it is no table, the import has no macro, which is the one
/// error; so the import is called after what is to be written.
pub(crate) struct Asked {
    /// The import.
    pub(crate) import: Ident,
    /// The table, as `tables(…)` has it.
    pub(crate) path: Path,
}

impl ToTokens for Asked {
    fn to_tokens(&self, to: &mut TokenStream) {
        let Asked { import, path } = self;
        to.extend(quote!(#import #path));
    }
}

impl Parse for Asked {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Asked { import: input.parse()?, path: input.call(Path::parse_mod_style)? })
    }
}

/// What is known so far.
pub(crate) struct Freezing {
    /// The tables that were not asked yet, and the names under which they are imported.
    pub(crate) todo: Vec<Asked>,
    /// What was said.
    pub(crate) frozen: Frozen,
    /// How far the object is visible.
    pub(crate) vis: Visibility,
    /// `migrations`, and its steps as they are written.
    pub(crate) migrations: Option<(Ident, TokenStream)>,
}

impl Freezing {
    /// Asks the next table, or writes the object's macro. Nothing but the last answer mentions that macro: where a table can't
    /// be asked, nobody looks for it.
    pub(crate) fn next(self) -> TokenStream {
        match self.todo.first() {
            Some(Asked { import, .. }) => quote!(#import! { {::do_runtime::__private::__freeze} {#self} }),
            None => self.finish(),
        }
    }

    fn finish(mut self) -> TokenStream {
        let mut problems = Problems::default();
        resolve_references(&mut self.frozen.tables);
        let object = self.frozen.object.clone();
        let name = format_ident!("__object_{}", object.unraw());
        let callback = callback(&name, &object, &self.vis, Reach::Crate, &self.frozen.to_token_stream());
        if !self.frozen.refused {
            self.check_migrations(&mut problems);
        }
        let problems = problems.into_tokens();
        quote!(#callback #problems)
    }

    /// Whether the migrations lead to the declared tables. What is wrong with their writing was said where they are written.
    #[cfg(feature = "checked-sql")]
    fn check_migrations(&self, problems: &mut Problems) {
        let Some((word, steps)) = &self.migrations else { return };
        let steps = migrations::steps(steps.clone(), &mut Problems::default());
        for (span, message) in migrations::check(&self.frozen.schema(), &steps) {
            let at = if steps.is_empty() { word.span() } else { span };
            problems.at_span(at, message);
        }
    }

    /// Without SQLite the first wake says it.
    #[cfg(not(feature = "checked-sql"))]
    fn check_migrations(&self, _: &mut Problems) {}
}

/// Puts the names of other tables where they are referenced. One that is not declared is reported by
/// `references_are_declared`, which knows types and not their spelling; to the SQL it makes no difference.
fn resolve_references(tables: &mut [(Path, Table)]) {
    let last = |text: &str| text.rsplit("::").next().unwrap_or(text).to_owned();
    let names: Vec<(String, String, String)> = tables
        .iter()
        .map(|(path, table)| {
            let called = path.segments.last().map(|last| last.ident.unraw().to_string()).unwrap_or_default();
            (called, table.rust.clone(), table.name.clone())
        })
        .collect();
    for (_, table) in tables {
        while let Some(start) = table.ddl.find("{table:") {
            let Some(length) = table.ddl[start..].find('}') else { break };
            let placeholder = table.ddl[start..=start + length].to_owned();
            let wanted = last(&placeholder["{table:".len()..placeholder.len() - 1]);
            let found = names.iter().find(|(called, rust, _)| *called == wanted || *rust == wanted);
            let name = found.map_or_else(|| table.name.clone(), |(_, _, name)| name.clone());
            table.ddl = table.ddl.replace(&placeholder, &name);
        }
    }
}

impl ToTokens for Freezing {
    fn to_tokens(&self, to: &mut TokenStream) {
        let Freezing { todo, frozen, vis, migrations } = self;
        let migrations = migrations.iter().map(|(word, steps)| quote!(#word #steps));
        to.extend(quote!({#(#todo),*} {#frozen} {#vis} {#(#migrations)*}));
    }
}

impl Parse for Freezing {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (todo, frozen, vis, migrations);
        braced!(todo in input);
        braced!(frozen in input);
        braced!(vis in input);
        braced!(migrations in input);
        let migrations = if migrations.is_empty() { None } else { Some((migrations.parse()?, migrations.parse()?)) };
        Ok(Freezing {
            todo: todo.parse_terminated(Asked::parse, Token![,])?.into_iter().collect(),
            frozen: frozen.parse()?,
            vis: vis.parse()?,
            migrations,
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
    let Asked { path, .. } = freezing.todo.remove(0);
    let (at, mut problems) = (path.span(), Problems::default());
    match table {
        Carried::Table(table) => match same_name(&freezing.frozen.tables, &table) {
            Some((earlier, _)) => {
                let message = format!(
                    "`{}` is called `{}` in the database, as `{}` is: write `#[table(name = \"…\")]` above one of them",
                    readable(&path),
                    table.name,
                    readable(earlier)
                );
                problems.at(&path, message);
                freezing.frozen.refused = true;
            }
            None => freezing.frozen.tables.push((path, table)),
        },
        Carried::Object => {
            let path = readable(&path);
            problems.at_span(at, format!("`{path}` is a durable object: `tables(…)` names structs with `#[table]`"));
            freezing.frozen.refused = true;
        }
        Carried::Refused => freezing.frozen.refused = true,
    }
    let (next, problems) = (freezing.next(), problems.into_tokens());
    quote!(#problems #next)
}

/// A table that is called like another, as SQLite compares names.
fn same_name<'t>(tables: &'t [(Path, Table)], table: &Table) -> Option<&'t (Path, Table)> {
    tables.iter().find(|(_, earlier)| earlier.name.eq_ignore_ascii_case(&table.name))
}

/// Asks the tables of an object for their schemas; the last answer puts the macro that knows them beside the object.
pub(crate) fn begin(
    vis: &Visibility,
    tables: Vec<Asked>,
    frozen: Frozen,
    migrations: Option<(Ident, TokenStream)>,
) -> TokenStream {
    Freezing { todo: tables, frozen, vis: vis.clone(), migrations }.next()
}

/// The macro of an object with mistakes.
pub(crate) fn refused(vis: &Visibility, object: &Ident) -> TokenStream {
    let frozen = Frozen { object: object.clone(), tables: Vec::new(), refused: true, deny_scans: false };
    begin(vis, Vec::new(), frozen, None)
}
