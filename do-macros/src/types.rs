//! What can be told of a Rust type from the way it is written.
//!
//! A macro sees no types, only their spelling. Whatever is not known here is left to a trait of the runtime, whose
//! error then points at the type.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, Ident, Lifetime, PathArguments, ReturnType, Type, TypeParamBound};

/// A type that is written as a path: its last segment.
pub(crate) struct Named<'t> {
    /// The last segment's name.
    pub(crate) ident: &'t Ident,
    /// Its type arguments.
    pub(crate) arguments: Vec<&'t Type>,
    /// The first segment's name, if there are several.
    pub(crate) root: Option<&'t Ident>,
}

impl Named<'_> {
    /// Whether it is written as this name, alone or out of a crate whose types are known.
    pub(crate) fn is(&self, name: &str) -> bool {
        const KNOWN_CRATES: [&str; 5] = ["std", "core", "alloc", "do_runtime", "uuid"];
        self.ident == name && self.root.is_none_or(|root| KNOWN_CRATES.iter().any(|known| root == known))
    }

    fn is_one_of(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.is(name))
    }
}

/// A type without the groups and parentheses around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        other => other,
    }
}

/// The type as a path, if it is one.
pub(crate) fn named(ty: &Type) -> Option<Named<'_>> {
    let Type::Path(path) = peel(ty) else { return None };
    if path.qself.is_some() {
        return None;
    }
    let last = path.path.segments.last()?;
    let root = (path.path.segments.len() > 1).then(|| &path.path.segments[0].ident);
    let arguments = match &last.arguments {
        PathArguments::AngleBracketed(list) => list
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Some(Named { ident: &last.ident, arguments, root })
}

/// Whether the type is written as this name.
pub(crate) fn is(ty: &Type, name: &str) -> bool {
    named(ty).is_some_and(|named| named.is(name))
}

/// Whether it is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The `T` of `Option<T>`.
pub(crate) fn optional(ty: &Type) -> Option<&Type> {
    let named = named(ty)?;
    match named.arguments[..] {
        [inner] if named.is("Option") => Some(inner),
        _ => None,
    }
}

const INTEGERS: [&str; 12] = ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"];

/// Whether the type is known to be `Send`, to have serde's traits and a `Default`.
pub(crate) fn is_plain(ty: &Type) -> bool {
    match peel(ty) {
        Type::Tuple(tuple) => tuple.elems.len() <= 12 && tuple.elems.iter().all(is_plain),
        Type::Path(_) => {
            let Some(named) = named(ty) else { return false };
            let alone = named.arguments.is_empty();
            if alone {
                return named.is_one_of(&INTEGERS)
                    || named.is_one_of(&["bool", "f32", "f64", "char", "String", "Duration", "Timestamp"]);
            }
            named.is_one_of(&["Option", "Vec", "VecDeque", "BTreeMap", "BTreeSet", "HashMap", "HashSet"])
                && named.arguments.iter().all(|inner| is_plain(inner))
        }
        _ => false,
    }
}

/// Whether the type is known to be `Send` and to have serde's traits, whatever its parameters are.
pub(crate) fn is_known(ty: &Type) -> bool {
    if is_plain(ty) {
        return true;
    }
    let Some(named) = named(ty) else { return false };
    named.is_one_of(&["Id", "ObjectId", "ObjectRef", "Uuid"]) || optional(ty).is_some_and(is_known)
}

/// A part of a type that is not `Send`, and what to use instead.
pub(crate) struct NotSend<'t> {
    /// The part.
    pub(crate) part: &'t Type,
    /// How it is called in a sentence.
    pub(crate) name: String,
    /// What to write.
    pub(crate) instead: &'static str,
}

/// The first part of a type that is written as one that is not `Send`.
pub(crate) fn not_send(ty: &Type) -> Option<NotSend<'_>> {
    match peel(ty) {
        Type::Ptr(_) => Some(NotSend {
            part: ty,
            name: "a raw pointer".to_owned(),
            instead: "keep the value itself, or an `Arc` of it",
        }),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(not_send),
        Type::Array(array) => not_send(&array.elem),
        Type::Slice(slice) => not_send(&slice.elem),
        Type::Reference(reference) => not_send(&reference.elem),
        Type::Path(path) => {
            let named = named(ty)?;
            let from_rc = path.path.segments.iter().rev().nth(1).is_some_and(|parent| parent.ident == "rc");
            let instead = match named.ident.to_string().as_str() {
                "Rc" => "use `Arc`",
                "Weak" if from_rc => "use the `Weak` of `std::sync`",
                "MutexGuard" | "RwLockReadGuard" | "RwLockWriteGuard" => "keep the lock, not its guard",
                _ => return named.arguments.into_iter().find_map(not_send),
            };
            let name = format!("`{}`", readable(ty));
            Some(NotSend { part: ty, name, instead })
        }
        _ => None,
    }
}

/// Whether the type, or a part of it, is written with `impl Trait`.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    match peel(ty) {
        Type::ImplTrait(_) => true,
        Type::Reference(reference) => has_impl_trait(&reference.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(has_impl_trait),
        Type::TraitObject(object) => object.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.iter().any(|segment| match &segment.arguments {
                PathArguments::Parenthesized(call) => {
                    matches!(&call.output, ReturnType::Type(_, output) if has_impl_trait(output))
                }
                _ => false,
            }),
            _ => false,
        }),
        _ => named(ty).is_some_and(|named| named.arguments.into_iter().any(has_impl_trait)),
    }
}

/// Gives the references in a type that have no lifetime one.
pub(crate) fn name_lifetimes(ty: &mut Type) {
    match ty {
        Type::Group(group) => name_lifetimes(&mut group.elem),
        Type::Paren(paren) => name_lifetimes(&mut paren.elem),
        Type::Array(array) => name_lifetimes(&mut array.elem),
        Type::Slice(slice) => name_lifetimes(&mut slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(name_lifetimes),
        Type::Reference(reference) => {
            reference.lifetime.get_or_insert_with(|| Lifetime::new("'static", reference.and_token.span));
            name_lifetimes(&mut reference.elem);
        }
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { continue };
                for argument in &mut arguments.args {
                    if let GenericArgument::Type(ty) = argument {
                        name_lifetimes(ty);
                    }
                }
            }
        }
        _ => {}
    }
}

/// The tokens with another type in the place of `Self`.
pub(crate) fn without_self(tokens: &impl ToTokens, this: &impl ToTokens) -> TokenStream {
    fn walk(tokens: TokenStream, this: &TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match token {
                TokenTree::Ident(ident) if ident == "Self" => this.clone(),
                TokenTree::Group(group) => {
                    let mut inner = Group::new(group.delimiter(), walk(group.stream(), this));
                    inner.set_span(group.span());
                    TokenStream::from(TokenTree::Group(inner))
                }
                other => TokenStream::from(other),
            })
            .collect()
    }
    walk(tokens.to_token_stream(), &quote!(#this))
}

/// The variables that generated code has around what is the user's.
pub(crate) const HIDDEN: [&str; 10] =
    ["me", "cx", "run", "this", "error", "socket", "request", "message", "code", "reason"];

/// The tokens of generated code with the place of the user's, where what is wrong with both is to be reported.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let move_one = |token| match token {
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), respanned(group.stream(), span));
            inner.set_span(span);
            TokenTree::Group(inner)
        }
        // These keep what they mean: they are not for the user to see.
        TokenTree::Ident(mut ident) if HIDDEN.iter().any(|hidden| ident == hidden) => {
            ident.set_span(ident.span().located_at(span));
            TokenTree::Ident(ident)
        }
        mut other => {
            other.set_span(span);
            other
        }
    };
    tokens.into_iter().map(move_one).collect()
}

/// A type as one would write it.
pub(crate) fn readable(ty: &impl ToTokens) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in
        [(" :: ", "::"), (":: ", "::"), (" < ", "<"), (" >", ">"), ("> ", ">"), (" ,", ","), ("& ", "&"), ("* ", "*")]
    {
        text = text.replace(spaced, tight);
    }
    text.replace(" ;", ";")
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn names_are_known_alone_and_out_of_known_crates() {
        assert!(is(&parse_quote!(Option<u8>), "Option"));
        assert!(is(&parse_quote!(std::option::Option<u8>), "Option"));
        assert!(!is(&parse_quote!(mine::Option<u8>), "Option"));
    }

    #[test]
    fn the_first_part_that_is_not_send_is_found() {
        let ty: Type = parse_quote!(Vec<(u8, Option<Rc<str>>)>);
        let found = not_send(&ty).expect("there is an Rc");
        assert_eq!((found.name.as_str(), found.instead), ("`Rc<str>`", "use `Arc`"));
        assert!(not_send(&parse_quote!(Arc<str>)).is_none());
        assert!(not_send(&parse_quote!(std::sync::Weak<u8>)).is_none());
        assert!(not_send(&parse_quote!(std::rc::Weak<u8>)).is_some());
    }

    #[test]
    fn references_get_a_lifetime_wherever_they_stand() {
        let mut ty: Type = parse_quote!(Option<(&str, Vec<&'a [u8]>)>);
        name_lifetimes(&mut ty);
        assert_eq!(readable(&ty), "Option<(&'static str, Vec<&'a [u8]>)>");
    }

    #[test]
    fn self_is_replaced_wherever_it_stands() {
        let ty: Type = parse_quote!(Vec<[Self; Self::N]>);
        assert_eq!(readable(&without_self(&ty, &quote!(Room))), "Vec<[Room; Room::N]>");
    }

    #[test]
    fn types_read_as_they_are_written() {
        assert_eq!(readable(&quote!(HashMap<String, Vec<&'static str>>)), "HashMap<String, Vec<&'static str>>");
        assert_eq!(readable(&quote!(a::b::C)), "a::b::C");
    }
}
