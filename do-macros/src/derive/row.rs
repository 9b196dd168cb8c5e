//! `#[derive(Row)]`: a struct that is read from the row of a query, by the names of the columns.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Ident, Type};

use crate::generics::{self, Generics};
use crate::problems::Problems;
use crate::table::columns::{self, Storage};

/// The impl.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    let mut problems = Problems::default();
    let fields = fields(input, &mut problems);
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "a row of a query can't be generic: write a struct for each query");
    }
    if !problems.is_empty() {
        return refused(input, problems);
    }
    let ident = &input.ident;
    let name = ident.unraw().to_string();
    let own_types = fields.iter().filter_map(Field::own_type);
    let shapes = fields.iter().map(Field::shape);
    let reads = fields.iter().map(Field::read);
    quote! {
        const _: () = {
            #(#own_types)*

            #[automatically_derived]
            impl ::do_runtime::__private::FromRow for #ident {
                const SHAPE: ::do_runtime::__private::RowShape =
                    ::do_runtime::__private::RowShape::Fields(#name, &[#(#shapes),*]);

                fn from_row(row: &dyn ::do_runtime::__private::RowAccess) -> ::do_runtime::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#reads),* })
                }
            }
        };
    }
}

/// A field.
struct Field<'i> {
    ident: &'i Ident,
    name: String,
    ty: &'i Type,
}

impl Field<'_> {
    /// The only place that asks for the `Column` of a type that is not known to have it, so that this is one error, at the type.
    fn own_type(&self) -> Option<TokenStream> {
        let (constant, ty) = (self.constant()?, self.ty);
        let make = quote_spanned!(ty.span()=> <#ty as ::do_runtime::__private::Column>::COLUMN_TYPE);
        Some(quote!(const #constant: ::do_runtime::__private::ColumnType<#ty> = #make;))
    }

    fn constant(&self) -> Option<Ident> {
        let is_known = matches!(columns::classify(self.ty), Ok(column) if matches!(column.storage, Storage::Known(_)));
        (!is_known).then(|| format_ident!("{}_COLUMN", self.name.to_uppercase()))
    }

    fn shape(&self) -> TokenStream {
        let (name, ty) = (&self.name, self.ty);
        match self.constant() {
            Some(constant) => quote!((#name, #constant.shape())),
            None => quote!((#name, ::do_runtime::__private::ValueShape::of::<#ty>())),
        }
    }

    fn read(&self) -> TokenStream {
        let Field { ident, name, ty } = self;
        match self.constant() {
            Some(constant) => quote!(#ident: #constant.read_named(row, #name)?),
            None => quote!(#ident: ::do_runtime::__private::named_column::<#ty>(row, #name)?),
        }
    }
}

fn fields<'i>(input: &'i DeriveInput, problems: &mut Problems) -> Vec<Field<'i>> {
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
                if let Some(attribute) = field.attrs.iter().find(|attribute| attribute.path().is_ident("column")) {
                    let message =
                        format!("a field reads the column of its own name: write `AS {ident}` in the SQL instead");
                    problems.at(attribute, message);
                }
                Some(Field { ident, name: ident.unraw().to_string(), ty: &field.ty })
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
