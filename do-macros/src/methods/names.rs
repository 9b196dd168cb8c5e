//! The names in a block: those that are called and stored, and those of what is generated.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::{Ident, ImplItemFn, LitStr};

use super::model::{Argument, Block};
use super::validate::cfgs;
use crate::problems::Problems;

/// Names that what is generated needs for itself.
pub(super) struct Reserved {
    /// What needs them.
    pub(super) what: &'static str,
    /// The names.
    pub(super) names: &'static [&'static str],
    /// The attribute that may rename.
    pub(super) attribute: &'static str,
    /// Another name for one of them.
    pub(super) instead: fn(&str) -> String,
}

/// What the stub needs for itself.
pub(super) const OF_STUB: Reserved =
    Reserved { what: "stub", names: &["id", "name", "class"], attribute: "rpc", instead: |name| format!("get_{name}") };

/// What the schedule needs for itself.
pub(super) const OF_SCHEDULE: Reserved =
    Reserved { what: "schedule", names: &["cancel"], attribute: "alarm", instead: |name| format!("{name}_later") };

/// How a method is called from afar.
pub(super) struct Name<'m> {
    ident: &'m Ident,
    name: String,
    at: Span,
    is_conditional: bool,
}

impl<'m> Name<'m> {
    pub(super) fn new(method: &'m ImplItemFn, rename: Option<&LitStr>) -> Self {
        let ident = &method.sig.ident;
        let (name, at) = match rename {
            Some(rename) => (rename.value(), rename.span()),
            None => (ident.unraw().to_string(), ident.span()),
        };
        Name { ident, name, at, is_conditional: !cfgs(&method.attrs).is_empty() }
    }

    /// Whether a method has this name already. That, and a reserved one, is a problem.
    pub(super) fn check(&self, earlier: &[Name<'_>], reserved: &Reserved, problems: &mut Problems) -> bool {
        let name = &self.name;
        let Reserved { what, names, attribute, instead } = reserved;
        if names.contains(&name.as_str()) {
            let instead = instead(name);
            let message = format!(
                "the {what} needs `{name}` for itself: call the method otherwise, or write \
                 `#[{attribute}(rename = \"{instead}\")]`"
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
pub(super) fn name_apart(block: &mut Block) {
    let mut taken = Vec::new();
    words(block.object.to_token_stream(), &mut taken);
    for handler in &block.handlers {
        words(handler.outcome.value.clone(), &mut taken);
        words(handler.outcome.error.clone().unwrap_or_default(), &mut taken);
    }
    let of_handlers = block.handlers.iter().flat_map(|handler| &handler.arguments);
    for argument in of_handlers.chain(block.alarms.iter().flat_map(|alarm| &alarm.arguments)) {
        words(argument.ty.to_token_stream(), &mut taken);
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
    for handler in &mut block.handlers {
        name_proofs(&handler.name, &mut handler.arguments, &mut taken);
    }
    for alarm in &mut block.alarms {
        name_proofs(&alarm.name, &mut alarm.arguments, &mut taken);
    }
}

fn name_proofs(method: &str, arguments: &mut [Argument], taken: &mut Vec<String>) {
    for argument in arguments.iter_mut().filter(|argument| argument.passing.has_proof()) {
        let name = format_ident!("{method}_{}", argument.ident);
        argument.proof = free(&name.to_string().to_uppercase(), taken);
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
