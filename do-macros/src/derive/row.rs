//! `#[derive(Row)]`: a struct that is read from the row of a query, by the names of the columns.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields};

use crate::generics::{self, Generics};
use crate::problems::Problems;

/// The impl.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let fields = fields(input, &mut problems);
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "a row of a query can't be generic: write a struct for each query");
    }
    if problems.is_empty() {
        let ident = &input.ident;
        let name = ident.unraw().to_string();
        let shapes = shapes(input);
        quote! {
            #[automatically_derived]
            impl ::do_runtime::__private::FromRow for #ident {
                const SHAPE: ::do_runtime::__private::RowShape =
                    ::do_runtime::__private::RowShape::Fields(#name, &[#(#shapes),*]);

                fn from_row(row: &dyn ::do_runtime::__private::RowAccess) -> ::do_runtime::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#fields),* })
                }
            }
        }
    } else {
        refused(input, problems)
    }
}

fn fields(input: &DeriveInput, problems: &mut Problems) -> Vec<TokenStream> {
    const NAMED: &str = "the columns of a row have names: write `{ … }` instead of `( … )`";
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            problems.at(&data.enum_token, "a row of a query is a struct with named fields");
            return Vec::new();
        }
        Data::Union(data) => {
            problems.at(&data.union_token, "a row of a query is a struct with named fields");
            return Vec::new();
        }
    };
    match fields {
        Fields::Named(fields) if !fields.named.is_empty() => fields
            .named
            .iter()
            .filter_map(|field| {
                let ident = field.ident.as_ref()?;
                let (name, ty) = (ident.unraw().to_string(), &field.ty);
                let read = quote_spanned!(ty.span()=> ::do_runtime::__private::named_column::<#ty>);
                Some(quote!(#ident: #read(row, #name)?))
            })
            .collect(),
        Fields::Unnamed(fields) => {
            problems.at(fields, NAMED);
            Vec::new()
        }
        _ => {
            problems.at(&input.ident, "a row of a query has columns: write a field for each");
            Vec::new()
        }
    }
}

/// The name of each field, and what it can hold.
fn shapes(input: &DeriveInput) -> Vec<TokenStream> {
    let Data::Struct(data) = &input.data else { return Vec::new() };
    let shape = |field: &syn::Field| {
        let (name, ty) = (field.ident.as_ref()?.unraw().to_string(), &field.ty);
        Some(quote!((#name, ::do_runtime::__private::ValueShape::of::<#ty>())))
    };
    data.fields.iter().filter_map(shape).collect()
}

fn refused(input: &DeriveInput, problems: Problems) -> TokenStream {
    let ident = &input.ident;
    let problems = problems.into_tokens();
    let Generics { declared, arguments, bounds } = generics::for_all(&input.generics);
    quote! {
        #problems

        impl #declared ::do_runtime::__private::FromRow for #ident #arguments #bounds {
            fn from_row(_: &dyn ::do_runtime::__private::RowAccess) -> ::do_runtime::Result<Self> {
                ::do_runtime::__private::refused()
            }
        }
    }
}
