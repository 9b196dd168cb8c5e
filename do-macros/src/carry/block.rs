//! What an impl block makes of its object, whether that is one or not.
//!
//! The object is asked through its macro, in blocks within blocks, of which the outer one has a stand-in for what has no macro.
//! The innermost has items of its own, so that the name of the object is not looked for among what it is still to become.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::object::{schedule_ident, stub_ident};

/// What an object has beside it, and under which name it is mentioned in vain.
struct Named {
    stub: Ident,
    schedule: Ident,
    named: Ident,
}

/// The generated items of a block with handlers. They mention the stub, which an object has and any other type has not: that is
/// the one error. Unless the object has a macro, the stub is mentioned under a name that says what to write.
pub(crate) fn handlers(object: &Path, items: &TokenStream) -> TokenStream {
    let at = object.span();
    let named = object.get_ident().map(|object| Named {
        stub: Ident::new(&stub_ident(object).to_string(), at),
        schedule: Ident::new(&schedule_ident(object).to_string(), at),
        named: format_ident!("__write_attribute_durable_object_above_{}", object.unraw(), span = at),
    });
    let other_name = quote_spanned!(at=> ::do_runtime::__private::Present::<#object>::OTHER_NAME);
    let alias = named.as_ref().map(|Named { stub, schedule, named }| {
        quote! {
            #[allow(dead_code)]
            type #stub = #named;
            #[allow(dead_code)]
            type #schedule<'a> = #named;
        }
    });
    let otherwise = quote! {
        #alias
        #[allow(unused_imports)]
        use ::do_runtime::__private::Absent as _;
        const _: () = #other_name;
    };
    asked(object, &otherwise, named, items)
}

/// What is generated of a block of helpers: that its type is an object.
pub(crate) fn helpers(object: &Path) -> TokenStream {
    let no_object = quote_spanned!(object.span()=> ::do_runtime::__private::no_object::<#object>());
    asked(object, &quote!(const _: () = #no_object;), None, &TokenStream::new())
}

fn asked(object: &Path, otherwise: &TokenStream, named: Option<Named>, items: &TokenStream) -> TokenStream {
    let import = quote_spanned!(object.span()=> use #object as __schema;);
    // With a macro of the stub's name its import stands where there is no such type.
    let (shield, renamed) = match &named {
        Some(Named { stub, named, .. }) => {
            let import = quote_spanned!(object.span()=> use #stub as #named;);
            (quote!({__schema, __schema as #stub}), quote!(#[allow(unused_imports)] #import))
        }
        None => (quote!(__schema), TokenStream::new()),
    };
    quote! {
        const _: () = {
            #[allow(unused_imports)]
            use ::do_runtime::__private::#shield;
            {
                #[allow(unused_imports)]
                #import
                #renamed
                {
                    #[allow(unused_imports)]
                    use ::do_runtime::__private::__unless_object;
                    __schema! { {__unless_object} {#otherwise} }
                    #items
                }
            }
        };
    }
}
