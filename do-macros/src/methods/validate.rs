//! Checks a block, and makes the handlers of it.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{Attribute, Ident, ImplItemFn, Path, PathArguments, Type};

use super::arguments;
use super::handler;
use super::model::{Block, Context, Init, Kind, Purpose, Role, RpcOptions, Written};
use crate::problems::Problems;
use crate::types;

/// What the stub needs for itself.
const RESERVED: [&str; 3] = ["id", "name", "class"];

/// The block that is meant. Nothing, if it is for no object or for helpers.
pub(super) fn block(written: &Written, problems: &mut Problems) -> Option<Block> {
    let object = object(written, problems)?;
    if written.purpose == Purpose::Helpers {
        for method in &written.methods {
            let (name, span) = match &method.role {
                Role::Rpc(options) => ("rpc", options.span),
                Role::Init(span) => ("init", *span),
            };
            let message = format!("`#[{name}]` goes into the `#[durable_object] impl` block; this one is for helpers");
            problems.at_span(span, message);
        }
        return None;
    }
    let stub = crate::object::stub_path(&object);
    let mut block = Block { object, stub, init: None, handlers: Vec::new(), request: format_ident!("Request") };
    let mut first_init: Option<&Ident> = None;
    let mut names: Vec<Name<'_>> = Vec::new();
    for method in &written.methods {
        match &method.role {
            Role::Init(span) => {
                if let Some(first) = first_init {
                    problems.at_span(*span, format!("`{first}` is the `#[init]` already: an object has one"));
                    continue;
                }
                first_init = Some(&method.method.sig.ident);
                block.init = init(&method.method, &block.object, problems);
            }
            Role::Rpc(options) => {
                let handler = handler::handler(&method.method, options, &block.object, problems);
                let name = Name::new(&method.method, options);
                let repeated = name.check(&names, problems);
                names.push(name);
                if !repeated {
                    block.handlers.extend(handler);
                }
            }
        }
    }
    name_apart(&mut block);
    Some(block)
}

/// The path of the object, as far as a stand-in can be emitted for it.
pub(super) fn plain_path(written: &Written) -> Option<Path> {
    match types::peel(&written.item.self_ty) {
        Type::Path(path) if path.qself.is_none() && written.item.trait_.is_none() => {
            let last = path.path.segments.last()?;
            matches!(last.arguments, PathArguments::None).then(|| path.path.clone())
        }
        _ => None,
    }
}

/// The path of the object, if the block is one for an object.
fn object(written: &Written, problems: &mut Problems) -> Option<Path> {
    let item = &written.item;
    if let Some((path, _)) = &item.trait_ {
        problems.at(path, "`#[durable_object]` goes on the object's own `impl` block, not on that of a trait");
        return None;
    }
    let path = match types::peel(&item.self_ty) {
        Type::Path(path) if path.qself.is_none() => path.path.clone(),
        _ => {
            problems.at(&item.self_ty, "write the name of a struct with `#[durable_object]` here");
            return None;
        }
    };
    if !item.generics.params.is_empty() {
        problems.at(&item.generics, "a durable object can't be generic: it is woken by its name alone");
        return None;
    }
    if let Some(last) = path.segments.last()
        && !matches!(last.arguments, PathArguments::None)
    {
        problems.at(&last.arguments, "a durable object can't be generic: it is woken by its name alone");
        return None;
    }
    Some(path)
}

fn init(method: &ImplItemFn, object: &Path, problems: &mut Problems) -> Option<Init> {
    let signature = &method.sig;
    if let Some(token) = &signature.asyncness {
        problems.at(token, "`#[init]` is one transaction, and can't await: remove `async`");
        return None;
    }
    if !signature.generics.params.is_empty() {
        problems.at(&signature.generics, "`#[init]` can't be generic");
        return None;
    }
    let inputs = arguments::split(signature, object, problems)?;
    match &inputs.receiver {
        Some(receiver) if handler::receiver_kind(receiver) == Some(Kind::Exclusive) => {}
        Some(receiver) => problems.at(receiver, "`#[init]` takes `&mut self`"),
        None => problems.at(&signature.ident, "`#[init]` takes `&mut self`: write it before the other parameters"),
    }
    for argument in &inputs.rest {
        problems.at(argument, "`#[init]` takes nothing but `cx`: nobody calls it");
    }
    handler::check_unit_result(signature, problems);
    let context = if inputs.context.is_some() { Context::Taken } else { Context::LeftOut };
    Some(Init { ident: signature.ident.clone(), cfgs: cfgs(&method.attrs), context })
}

/// `#[cfg(…)]` attributes.
pub(super) fn cfgs(attributes: &[Attribute]) -> Vec<Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// How a method is called from afar.
struct Name<'m> {
    ident: &'m Ident,
    name: String,
    at: Span,
    is_conditional: bool,
}

impl<'m> Name<'m> {
    fn new(method: &'m ImplItemFn, options: &RpcOptions) -> Self {
        let ident = &method.sig.ident;
        let (name, at) = match &options.rename {
            Some(rename) => (rename.value(), rename.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        Name { ident, name, at, is_conditional: !cfgs(&method.attrs).is_empty() }
    }

    /// Whether a method has this name already. That, and a name that the stub has, is a problem.
    fn check(&self, earlier: &[Name<'_>], problems: &mut Problems) -> bool {
        let name = &self.name;
        if RESERVED.contains(&name.as_str()) {
            let message = format!(
                "the stub needs `{name}` for itself: call the method otherwise, or write \
                 `#[rpc(rename = \"get_{name}\")]`"
            );
            problems.at_span(self.at, message);
        }
        // Two under `cfg` may never meet.
        let meets = |other: &&Name<'_>| other.name == *name && !(other.is_conditional && self.is_conditional);
        let Some(other) = earlier.iter().find(meets) else { return false };
        // Of two methods of one name the compiler complains itself.
        if other.ident != self.ident {
            let message = format!("`{}` has the name `{name}` already: choose another", other.ident);
            problems.at_span(self.at, message);
        }
        true
    }
}

/// Gives everything that is generated a name that the user's types do not have.
fn name_apart(block: &mut Block) {
    let mut taken = Vec::new();
    words(block.object.to_token_stream(), &mut taken);
    for handler in &block.handlers {
        for argument in &handler.arguments {
            words(argument.ty.to_token_stream(), &mut taken);
        }
        words(handler.outcome.value.clone(), &mut taken);
        words(handler.outcome.error.clone().unwrap_or_default(), &mut taken);
    }
    block.request = free("Request", &mut taken);
    let mut variants = Vec::new();
    let mut seen: Vec<(String, Ident, Ident)> = Vec::new();
    for handler in &mut block.handlers {
        // Two methods of one name are under different `cfg`s.
        if let Some((_, variant, constant)) = seen.iter().find(|(name, ..)| *name == handler.name) {
            (handler.variant, handler.constant) = (variant.clone(), constant.clone());
            continue;
        }
        handler.variant = free(&camel_case(&handler.name), &mut variants);
        handler.constant = free(&handler.name.to_uppercase(), &mut taken);
        seen.push((handler.name.clone(), handler.variant.clone(), handler.constant.clone()));
    }
}

fn words(tokens: TokenStream, words_: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => words_.push(ident.to_string()),
            TokenTree::Group(group) => words(group.stream(), words_),
            _ => {}
        }
    }
}

fn free(name: &str, taken: &mut Vec<String>) -> Ident {
    let mut name = name.to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    taken.push(name.clone());
    Ident::new(&name, Span::call_site())
}

/// `set_topic` as `SetTopic`.
fn camel_case(name: &str) -> String {
    let mut camel = String::new();
    for word in name.split('_') {
        let mut characters = word.chars();
        camel.extend(characters.next().into_iter().flat_map(char::to_uppercase));
        camel.extend(characters);
    }
    match camel.chars().next() {
        Some(first) if first.is_alphabetic() && camel != "Self" => camel,
        _ => format!("Call{camel}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_methods_become_names_of_variants() {
        assert_eq!(camel_case("set_topic"), "SetTopic");
        assert_eq!(camel_case("_1"), "Call1");
        assert_eq!(camel_case("type"), "Type");
    }
}
