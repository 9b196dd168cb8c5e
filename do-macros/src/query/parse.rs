//! Reads what stands in `sql!(…)`.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Lit, LitStr, Path, Token, Type, braced, parenthesized};

use crate::carry::table::Frozen;
use crate::suggest;

/// A use of `sql!`, and the schema of its object.
pub(crate) struct Call {
    /// The object, as its impl block calls it.
    pub(crate) object: Path,
    /// `cx`.
    pub(crate) cx: Expr,
    /// What the rows are read as.
    pub(crate) row: Option<Type>,
    /// The statement.
    pub(crate) sql: LitStr,
    /// `name = expression`.
    pub(crate) bound: Vec<(Ident, Expr)>,
    /// Whether `allow(scan, "reason")` is there.
    pub(crate) scans_allowed: bool,
    /// The schema.
    pub(crate) schema: Frozen,
}

impl Call {
    /// Whether a parameter has a value after the SQL.
    pub(crate) fn binds(&self, name: &str) -> bool {
        self.bound.iter().any(|(bound, _)| bound.unraw() == name)
    }
}

const FORM: &str = "write `sql!(cx, \"SELECT …\")`, or `sql!(cx, Row, \"SELECT …\")` with the type of the rows";

impl Parse for Call {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (call, schema);
        braced!(call in input);
        braced!(schema in input);
        let schema = schema.parse()?;
        let object = call.call(Path::parse_mod_style)?;
        call.parse::<Token![,]>()?;
        if call.is_empty() {
            return Err(syn::Error::new(proc_macro2::Span::call_site(), FORM));
        }
        if call.peek(Lit) {
            return Err(call.error(format!("`cx` comes first: {FORM}")));
        }
        let cx = call.parse()?;
        if is_type(&cx) {
            return Err(syn::Error::new_spanned(&cx, format!("`cx` comes first: {FORM}")));
        }
        call.parse::<Token![,]>().map_err(|error| syn::Error::new(error.span(), FORM))?;
        let row = match call.peek(LitStr) || call.peek(Lit) {
            true => None,
            false => {
                let row = call.parse::<Type>().map_err(|error| syn::Error::new(error.span(), FORM))?;
                if call.is_empty() || matches!(row, Type::Macro(_)) {
                    let message = "the SQL is checked while the program compiles: write it here, as a text";
                    return Err(syn::Error::new_spanned(&row, message));
                }
                call.parse::<Token![,]>().map_err(|error| syn::Error::new(error.span(), FORM))?;
                Some(row)
            }
        };
        let sql = call.parse::<LitStr>().map_err(|error| {
            let message = "the SQL is checked while the program compiles: write it here, as a text";
            syn::Error::new(error.span(), message)
        })?;
        let mut parsed = Call { object, cx, row, sql, bound: Vec::new(), scans_allowed: false, schema };
        while !call.is_empty() {
            call.parse::<Token![,]>().map_err(|error| syn::Error::new(error.span(), "write a comma here"))?;
            if !call.is_empty() {
                option(&call, &mut parsed)?;
            }
        }
        Ok(parsed)
    }
}

/// Whether it is a type, as far as its spelling tells.
fn is_type(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.starts_with(char::is_uppercase) || ["i64", "f64", "bool"].contains(&name.as_str())
        }),
        Expr::Tuple(_) => true,
        _ => false,
    }
}

/// `name = expression`, or `allow(scan, "reason")`.
fn option(input: ParseStream<'_>, call: &mut Call) -> syn::Result<()> {
    const FORM: &str = "after the SQL come `name = expression` for its parameters, and `allow(scan, \"why\")`";
    let name = input.call(Ident::parse_any).map_err(|error| syn::Error::new(error.span(), FORM))?;
    if name == "allow" && input.peek(syn::token::Paren) {
        const ALLOW: &str = "write `allow(scan, \"why this query may read every row\")`";
        let inner;
        parenthesized!(inner in input);
        let what: Ident = inner.parse().map_err(|error| syn::Error::new(error.span(), ALLOW))?;
        if what != "scan" {
            let meant = suggest::instead_of(&what.to_string(), &["scan"]);
            return Err(syn::Error::new(what.span(), format!("`allow` knows no `{what}`{meant}")));
        }
        inner.parse::<Token![,]>().map_err(|error| syn::Error::new(error.span(), ALLOW))?;
        let reason: LitStr = inner.parse().map_err(|error| syn::Error::new(error.span(), ALLOW))?;
        if reason.value().trim().is_empty() {
            return Err(syn::Error::new(reason.span(), "say why this query may read every row"));
        }
        call.scans_allowed = true;
        return Ok(());
    }
    if let Some((earlier, _)) = call.bound.iter().find(|(earlier, _)| *earlier == name) {
        return Err(syn::Error::new(name.span(), format!("`{earlier}` is there already: write it once")));
    }
    input.parse::<Token![=]>().map_err(|error| syn::Error::new(error.span(), FORM))?;
    let value = input.parse()?;
    call.bound.push((name, value));
    Ok(())
}
