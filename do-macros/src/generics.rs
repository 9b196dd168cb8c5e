//! The generics of an item that may not have any, for the impls that are emitted all the same.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::GenericParam;

/// What stands in `impl<declared> Trait for Item<arguments> where bounds`.
pub(crate) struct Generics {
    /// `<T: Bound>`.
    pub(crate) declared: TokenStream,
    /// `<T>`.
    pub(crate) arguments: TokenStream,
    /// `where T: 'static`.
    pub(crate) bounds: TokenStream,
}

/// The generics of an item that may not have any, as far as they are needed to implement a trait for all of it:
/// lifetimes become `'static`.
pub(crate) fn for_all(generics: &syn::Generics) -> Generics {
    let mut declared = Vec::new();
    let mut arguments = Vec::new();
    let mut bounds = Vec::new();
    for parameter in &generics.params {
        match parameter {
            GenericParam::Lifetime(_) => arguments.push(quote!('static)),
            GenericParam::Type(ty) => {
                let (ident, own) = (&ty.ident, &ty.bounds);
                declared.push(quote!(#ident: #own));
                arguments.push(ident.to_token_stream());
                bounds.push(quote!(#ident: 'static));
            }
            GenericParam::Const(constant) => {
                let (ident, ty) = (&constant.ident, &constant.ty);
                declared.push(quote!(const #ident: #ty));
                arguments.push(ident.to_token_stream());
            }
        }
    }
    let own = generics.where_clause.iter().flat_map(|clause| &clause.predicates).map(ToTokens::to_token_stream);
    let bounds: Vec<TokenStream> = bounds.into_iter().chain(own).collect();
    let arguments = if arguments.is_empty() { TokenStream::new() } else { quote!(<#(#arguments),*>) };
    let bounds = if bounds.is_empty() { TokenStream::new() } else { quote!(where #(#bounds),*) };
    let declared = if declared.is_empty() { TokenStream::new() } else { quote!(<#(#declared),*>) };
    Generics { declared, arguments, bounds }
}
