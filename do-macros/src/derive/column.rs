//! `#[derive(Column)]`: a C-like enum as text in snake case, or a newtype as what is in it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, Ident, LitStr, Type, Variant};

use crate::generics::{self, Generics};
use crate::options::{self, Place, Repeat};
use crate::problems::Problems;
use crate::sql::quote::snake_case;
use crate::types;

const VARIANT: Place = Place { what: "`#[column]` on a variant", known: &["name"] };

/// The impls.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    const KINDS: &str = "a column type is an enum without fields, or a newtype such as `struct Email(String);`";
    let mut problems = Problems::default();
    if !input.generics.params.is_empty() {
        problems.at(&input.generics, "a column type can't be generic: write a newtype for each");
    }
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("column")) {
        problems.at(attribute, "`#[column]` goes on a variant: `#[column(name = \"…\")]`");
    }
    let impls = match &input.data {
        Data::Enum(data) => {
            let variants = variants(input, data, &mut problems);
            enumeration(&input.ident, &variants)
        }
        Data::Struct(data) => {
            let fields = data.fields.iter();
            for attribute in
                fields.flat_map(|field| &field.attrs).filter(|attribute| attribute.path().is_ident("column"))
            {
                problems.at(attribute, "`#[column]` goes on a variant of an enum: remove it here");
            }
            match &data.fields {
                Fields::Unnamed(fields) if fields.unnamed.len() == 1 => newtype(&input.ident, &fields.unnamed[0].ty),
                Fields::Unit => {
                    problems.at(&input.ident, KINDS);
                    TokenStream::new()
                }
                fields => {
                    problems.at(fields, KINDS);
                    TokenStream::new()
                }
            }
        }
        Data::Union(data) => {
            problems.at(&data.union_token, KINDS);
            TokenStream::new()
        }
    };
    if problems.is_empty() { impls } else { refused(input, problems) }
}

/// The variants and what they are in the database.
fn variants<'d>(input: &DeriveInput, data: &'d DataEnum, problems: &mut Problems) -> Vec<(&'d Ident, String)> {
    if data.variants.is_empty() {
        problems.at(&input.ident, "a column type has values: write a variant for each");
    }
    let mut variants: Vec<(&Ident, String)> = Vec::new();
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            let message = "a variant of a column type has no fields: keep it as JSON, with serde's derives and \
                           `#[column(json)]` on the field of the table";
            problems.at(&variant.fields, message);
        }
        let (name, at) = match renamed(variant, problems) {
            Some(name) => (name.value(), name.span()),
            None => (snake_case(&variant.ident.unraw().to_string()), variant.ident.span()),
        };
        if let Some((other, _)) = variants.iter().find(|(_, earlier)| *earlier == name) {
            let message =
                format!("{name:?} stands for `{other}` already: write `#[column(name = \"…\")]` above one of them");
            problems.at_span(at, message);
        }
        variants.push((&variant.ident, name));
    }
    variants
}

fn renamed(variant: &Variant, problems: &mut Problems) -> Option<LitStr> {
    let mut name = None;
    for attribute in variant.attrs.iter().filter(|attribute: &&Attribute| attribute.path().is_ident("column")) {
        let arguments = options::arguments(attribute, problems);
        for option in options::read(arguments, VARIANT, Repeat::Refused, problems) {
            name = option.text("\"in_progress\"", problems);
        }
    }
    name
}

fn enumeration(ident: &Ident, variants: &[(&Ident, String)]) -> TokenStream {
    let idents: Vec<&Ident> = variants.iter().map(|(ident, _)| *ident).collect();
    let names: Vec<&str> = variants.iter().map(|(_, name)| name.as_str()).collect();
    let expected = format!("a `{}` is one of {}, not {{other}}", ident.unraw(), quoted(&names));
    quote! {
        const _: () = {
            #[automatically_derived]
            impl ::do_runtime::__private::ToValue for #ident {
                fn to_value(&self) -> ::do_runtime::Result<::do_runtime::__private::Value<'_>> {
                    let text = match self {
                        #(Self::#idents => #names,)*
                    };
                    ::core::result::Result::Ok(::do_runtime::__private::Value::Text(
                        ::std::borrow::Cow::Borrowed(text),
                    ))
                }
            }

            #[automatically_derived]
            impl ::do_runtime::__private::Binds<::do_runtime::__private::Text> for #ident {}

            #[automatically_derived]
            impl ::do_runtime::__private::Column for #ident {
                const SQL_TYPE: &'static ::core::primitive::str = "TEXT";

                type Ref<'k> = Self;

                fn as_key(&self) -> Self {
                    match self {
                        #(Self::#idents => Self::#idents,)*
                    }
                }

                fn from_value(value: ::do_runtime::__private::ValueRef<'_>) -> ::do_runtime::Result<Self> {
                    match value {
                        #(::do_runtime::__private::ValueRef::Text(#names) => ::core::result::Result::Ok(Self::#idents),)*
                        other => ::core::result::Result::Err(::do_runtime::Error::new(
                            ::do_runtime::ErrorKind::Storage,
                            ::std::format!(#expected),
                        )),
                    }
                }
            }
        };
    }
}

/// `"a", "b"`, in a format string.
fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> =
        names.iter().map(|name| format!("{name:?}").replace('{', "{{").replace('}', "}}")).collect();
    quoted.join(", ")
}

fn newtype(ident: &Ident, inner: &Type) -> TokenStream {
    // The only place that asks for the inner type's `Column`, so that a type without it is one error, at the type.
    let make = quote_spanned!(inner.span()=> <#inner as ::do_runtime::__private::Column>::COLUMN_TYPE);
    let (key, as_key) =
        if is_copied(inner) { (quote!(Self), quote!(Self(self.0))) } else { (quote!(&'k Self), quote!(self)) };
    let key_type = if is_copied(inner) { quote!(Self) } else { quote!(&Self) };
    quote! {
        const _: () = {
            const INNER: ::do_runtime::__private::ColumnType<#inner> = #make;

            #[automatically_derived]
            impl ::do_runtime::__private::ToValue for #ident {
                fn to_value(&self) -> ::do_runtime::Result<::do_runtime::__private::Value<'_>> {
                    INNER.value(&self.0)
                }
            }

            #[automatically_derived]
            impl<C> ::do_runtime::__private::Binds<C> for #ident where #inner: ::do_runtime::__private::BindsInside<C> {}

            #[automatically_derived]
            impl ::do_runtime::__private::Column for #ident {
                const SQL_TYPE: &'static ::core::primitive::str = INNER.sql_type;
                const NULL: ::core::primitive::bool = INNER.null;

                type Ref<'k> = #key;

                fn as_key(&self) -> #key_type {
                    #as_key
                }

                fn from_value(value: ::do_runtime::__private::ValueRef<'_>) -> ::do_runtime::Result<Self> {
                    ::core::result::Result::map(INNER.from_value(value), Self)
                }
            }
        };
    }
}

/// Whether a type is known to be `Copy`.
fn is_copied(ty: &Type) -> bool {
    let named = types::named(ty);
    named.is_some_and(|named| match named.arguments[..] {
        [] => ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f64", "bool", "Timestamp", "Uuid", "ObjectId"]
            .iter()
            .any(|name| named.is(name)),
        [_] => named.is("Id") || named.is("ObjectRef"),
        _ => false,
    })
}

fn refused(input: &DeriveInput, problems: Problems) -> TokenStream {
    let ident = &input.ident;
    let problems = problems.into_tokens();
    let Generics { declared, arguments, bounds } = generics::for_all(&input.generics);
    quote! {
        #problems

        impl #declared ::do_runtime::__private::ToValue for #ident #arguments #bounds {
            fn to_value(&self) -> ::do_runtime::Result<::do_runtime::__private::Value<'_>> {
                ::do_runtime::__private::refused()
            }
        }

        impl #declared ::do_runtime::__private::Column for #ident #arguments #bounds {
            const SQL_TYPE: &'static ::core::primitive::str = "TEXT";

            type Ref<'k> = &'k Self;

            fn as_key(&self) -> &Self {
                self
            }

            fn from_value(_: ::do_runtime::__private::ValueRef<'_>) -> ::do_runtime::Result<Self> {
                ::do_runtime::__private::refused()
            }
        }
    }
}
