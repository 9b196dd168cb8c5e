//! `#[fetch]`: methods that plain HTTP requests are for. Each is a handler as an `#[rpc]` is, and is found by method and path.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitStr, Token};

use super::model::{Block, Handler, Reach, Repeating, RpcOptions, Speed};
use crate::options;
use crate::problems::Problems;
use crate::suggest;

/// The options of `#[fetch]`.
#[derive(Clone)]
pub(crate) struct FetchOptions {
    /// The attribute's name.
    pub(crate) span: Span,
    /// `get`
    verb: Option<Ident>,
    /// `"/messages/{id}"`
    path: Option<LitStr>,
}

/// A method for requests.
pub(crate) struct Fetch {
    options: FetchOptions,
    /// The handler's `static`, by its name.
    name: String,
    cfgs: Vec<Attribute>,
}

const VERBS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

enum Part {
    Verb(Ident),
    Path(LitStr),
}

impl Parse for Part {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) { input.parse().map(Part::Path) } else { input.call(Ident::parse_any).map(Part::Verb) }
    }
}

/// The options of an attribute.
pub(super) fn options(attribute: &Attribute, problems: &mut Problems) -> FetchOptions {
    let mut written = FetchOptions { span: attribute.path().span(), verb: None, path: None };
    let arguments = options::arguments(attribute, problems);
    let parts = match Punctuated::<Part, Token![,]>::parse_terminated.parse2(arguments.clone()) {
        Ok(parts) => parts,
        Err(_) => {
            problems.at(&arguments, "`#[fetch]` takes a method and a path: write `#[fetch(get, \"/messages/{id}\")]`");
            return written;
        }
    };
    for part in parts {
        match part {
            Part::Verb(verb) if written.verb.is_none() && VERBS.iter().any(|known| verb == known) => {
                written.verb = Some(verb)
            }
            Part::Verb(verb) if written.verb.is_some() => {
                problems.at(&verb, "a `#[fetch]` method is for one method, or for all of them: leave them out then");
            }
            Part::Verb(verb) => {
                let instead = match suggest::closest(&verb.to_string().to_lowercase(), VERBS) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("it is one of {}", VERBS.map(|verb| format!("`{verb}`")).join(", ")),
                };
                problems.at(&verb, format!("there is no method `{verb}`: {instead}"));
            }
            Part::Path(path) if written.path.is_none() => {
                if check(&path, problems) {
                    written.path = Some(path);
                }
            }
            Part::Path(path) => {
                problems.at(&path, "a `#[fetch]` method has one path: write another method for this one")
            }
        }
    }
    written
}

/// Whether a path is one.
fn check(path: &LitStr, problems: &mut Problems) -> bool {
    let text = path.value();
    let mut problem = |message: &str| {
        problems.at(path, message);
        false
    };
    let Some(rest) = text.strip_prefix('/') else {
        return problem("a path begins with `/`, which stands for the object itself");
    };
    let parts: Vec<&str> = rest.split('/').collect();
    for (position, part) in parts.iter().enumerate() {
        let inner = part.strip_prefix('{').and_then(|inner| inner.strip_suffix('}'));
        match inner {
            Some(inner) if inner.starts_with('*') && position + 1 < parts.len() => {
                return problem("`{*…}` takes all that follows: it is the last part of a path");
            }
            Some(inner) if syn::parse_str::<Ident>(inner.trim_start_matches('*')).is_ok() => {}
            None if !part.contains(['{', '}', '?', '#', '%']) => {}
            _ => {
                return problem(
                    "a part of a path is text, `{name}` for a parameter of that name, or `{*name}` for all that follows",
                );
            }
        }
    }
    true
}

/// As the handler that it is.
pub(super) fn as_rpc(options: &FetchOptions) -> RpcOptions {
    RpcOptions {
        span: options.span,
        reach: Reach::Inside,
        live: None,
        speed: Speed::Quick,
        repeating: Repeating::Counts,
        deadline: None,
        rename: None,
    }
}

/// The method of a handler, if its path names what it takes.
pub(super) fn fetch(
    handler: &Handler,
    options: &FetchOptions,
    before: &[Fetch],
    problems: &mut Problems,
) -> Option<Fetch> {
    let verb = |options: &FetchOptions| options.verb.as_ref().map(Ident::to_string);
    let path = |options: &FetchOptions| options.path.as_ref().map(LitStr::value);
    let same = before.iter().find(|other| {
        (verb(&other.options), path(&other.options)) == (verb(options), path(options))
            && (other.cfgs.is_empty() || handler.cfgs.is_empty())
    });
    if let Some(other) = same {
        problems.at_span(options.span, format!("`{}` is for this method and path already", other.name));
        return None;
    }
    if let Some(path) = &options.path {
        let text = path.value();
        let named = text.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        for name in named.map(|name| name.trim_start_matches('*')) {
            if !handler.arguments.iter().any(|argument| argument.ident.unraw() == name) {
                problems.at(path, format!("the method has no parameter `{name}`, which the path names: add it, of the type that it is read as"));
                return None;
            }
        }
    }
    Some(Fetch { options: options.clone(), name: handler.name.clone(), cfgs: handler.cfgs.clone() })
}

/// `const FETCHES`, unless there are none.
pub(super) fn items(block: &Block) -> Option<TokenStream> {
    if block.fetches.is_empty() {
        return None;
    }
    let defs = block.fetches.iter().map(|fetch| {
        let cfgs = &fetch.cfgs;
        let optional = |text: Option<TokenStream>| match text {
            Some(text) => quote!(::core::option::Option::Some(#text)),
            None => quote!(::core::option::Option::None),
        };
        let verb = optional(fetch.options.verb.as_ref().map(|verb| {
            let verb = verb.to_string().to_uppercase();
            quote!(#verb)
        }));
        let path = optional(fetch.options.path.as_ref().map(|path| quote!(#path)));
        let handler = block.handlers.iter().find(|handler| handler.name == fetch.name);
        let constant = handler.map(|handler| &handler.constant);
        quote! {
            #(#cfgs)*
            ::do_runtime::__private::FetchDef { verb: #verb, path: #path, method: &#constant }
        }
    });
    Some(quote! {
        const FETCHES: &'static [::do_runtime::__private::FetchDef] = &[#(#defs),*];
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use crate::methods;
    use crate::test_support::sentences;

    #[test]
    fn what_is_wrong_with_a_method_for_requests_is_said_at_its_place() {
        let said = |method: proc_macro2::TokenStream| {
            let item = syn::parse2(quote! { impl Notes { #method } }).expect("it is an impl block");
            sentences(methods::expand(quote!(), item))
        };
        for (method, sentence) in [
            (
                quote!(
                    #[fetch(gte, "/")]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                ),
                "there is no method `gte`: did you mean `get`?",
            ),
            (
                quote!(
                    #[fetch(get, "notes")]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                ),
                "a path begins with `/`, which stands for the object itself",
            ),
            (
                quote!(
                    #[fetch(get, "/a{b}")]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                ),
                "a part of a path is text, `{name}` for a parameter of that name, or `{*name}` for all that follows",
            ),
            (
                quote!(
                    #[fetch(get, "/{*all}/x")]
                    fn page(&self, all: String) -> Result<String> {
                        todo()
                    }
                ),
                "`{*…}` takes all that follows: it is the last part of a path",
            ),
            (
                quote!(
                    #[fetch(get, "/{id}")]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                ),
                "the method has no parameter `id`, which the path names: add it, of the type that it is read as",
            ),
            (
                quote!(
                    #[fetch(get, post)]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                ),
                "a `#[fetch]` method is for one method, or for all of them: leave them out then",
            ),
            (
                quote!(
                    #[fetch(get, "/")]
                    fn page(&self) -> String {
                        todo()
                    }
                ),
                "a `#[fetch]` method returns a `Result`: write `Result<String>`",
            ),
            (
                quote!(
                    #[fetch(path = "/")]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                ),
                "`#[fetch]` takes a method and a path: write `#[fetch(get, \"/messages/{id}\")]`",
            ),
            (
                quote!(
                    #[fetch(get, "/")]
                    fn page(&self) -> Result<String> {
                        todo()
                    }
                    #[fetch(get, "/")]
                    fn other(&self) -> Result<String> {
                        todo()
                    }
                ),
                "`page` is for this method and path already",
            ),
        ] {
            assert_eq!(said(method.clone()), [sentence], "{method}");
        }
    }
}
