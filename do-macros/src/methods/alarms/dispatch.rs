//! The side that runs alarms: `ALARMS`, `fn alarm` and `fn exhausted` of an object.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use super::model::{Alarm, Exhausted, Repeat, Taken};
use crate::methods::model::{Argument, Block, Context, Kind, Passing};
use crate::methods::printing::{allow_deprecated, hidden, hidden_at};
use crate::types::respanned;

/// What the alarms of a block are to its object. Nothing, if there are none.
pub(in crate::methods) fn items(block: &Block) -> Option<TokenStream> {
    if block.alarms.is_empty() {
        return None;
    }
    let run = hidden("run");
    let definitions = block.alarms.iter().map(definition);
    let arms = block.alarms.iter().map(arm);
    let exhausted = exhausted(block);
    Some(quote! {
        const ALARMS: &'static [::do_runtime::__private::AlarmDef] = &[#(#definitions),*];

        fn alarm(#run: ::do_runtime::__private::AlarmRun<'_, Self>) -> ::do_runtime::__private::AlarmRan {
            match #run.method() {
                #(#arms)*
                _ => #run.unknown(),
            }
        }

        #exhausted
    })
}

fn definition(alarm: &Alarm) -> TokenStream {
    let (cfgs, name, has_exhausted) = (&alarm.cfgs, &alarm.name, alarm.exhausted.is_some());
    let retries = Literal::u32_unsuffixed(alarm.retries);
    let repeat = match &alarm.repeat {
        Repeat::Every(millis) => {
            let millis = Literal::u64_unsuffixed(*millis);
            quote!(Every(#millis))
        }
        Repeat::Cron { expression, zone } => {
            let zone = match zone {
                Some(zone) => quote!(::core::option::Option::Some(#zone)),
                None => quote!(::core::option::Option::None),
            };
            quote!(Cron { expression: #expression, zone: #zone })
        }
        Repeat::No | Repeat::Refused(_) => quote!(No),
    };
    quote! {
        #(#cfgs)*
        ::do_runtime::__private::AlarmDef {
            name: #name,
            repeat: ::do_runtime::__private::Repeat::#repeat,
            retries: #retries,
            exhausted: #has_exhausted,
        }
    }
}

fn arm(alarm: &Alarm) -> TokenStream {
    let Alarm { ident, name, cfgs, .. } = alarm;
    let allow = allow_deprecated(&alarm.carried);
    let (run, payload, parts) = (hidden("run"), payload(alarm), parts(alarm));
    let given: Vec<TokenStream> = alarm.arguments.iter().map(given).collect();
    let taken = alarm.context == Context::Taken;
    let call = match alarm.kind {
        Kind::Exclusive | Kind::Shared => {
            let (me, cx) = (hidden("me"), hidden("cx"));
            let (parameter, context) = if taken { (quote!(#cx), quote!(#cx,)) } else { (quote!(_), quote!()) };
            let call = respanned(quote!(#me.#ident(#context #(#given),*)), alarm.result);
            quote!(#run.exclusive(#payload, |#me, #parameter, #parts| #call))
        }
        Kind::Orchestration => {
            let this = hidden("this");
            let (parameter, context) = if taken { (quote!(#this), quote!(#this,)) } else { (quote!(_), quote!()) };
            let future = respanned(quote!(Self::#ident(#context #(#given),*)), alarm.result);
            let borrows = alarm.arguments.iter().any(|argument| argument.passing.is_borrowed());
            let future = if borrows { quote!(async move { #future.await }) } else { future };
            let orchestrate = quote_spanned!(ident.span()=> orchestrate);
            quote!(#run.#orchestrate(#payload, |#parameter, #parts| #future))
        }
    };
    quote! {
        #(#cfgs)*
        #allow
        #name => #call,
    }
}

/// `fn exhausted`, unless no alarm has such a method.
fn exhausted(block: &Block) -> Option<TokenStream> {
    let arms: Vec<_> =
        block.alarms.iter().filter_map(|alarm| Some(exhausted_arm(alarm, alarm.exhausted.as_ref()?))).collect();
    let run = hidden("run");
    (!arms.is_empty()).then(|| {
        quote! {
            fn exhausted(
                #run: ::do_runtime::__private::ExhaustedRun<'_, Self>,
            ) -> ::do_runtime::__private::AlarmRan {
                match #run.method() {
                    #(#arms)*
                    _ => #run.unhandled(),
                }
            }
        }
    })
}

fn exhausted_arm(alarm: &Alarm, exhausted: &Exhausted) -> TokenStream {
    let (name, cfgs, ident) = (&alarm.name, &alarm.cfgs, &exhausted.ident);
    let run = hidden("run");
    let [me, cx, error] = ["me", "cx", "error"].map(|name| hidden_at(name, ident.span()));
    let (payload, parts) = (payload(alarm), parts(alarm));
    // A parameter of another type than that of the payload is one error: where its type is written, or else where the method is
    // named.
    let given = alarm.arguments.iter().zip(&exhausted.taken).map(|(argument, taken)| {
        let part = |place| {
            let mut part = argument.ident.clone();
            part.set_span(part.span().located_at(place));
            part
        };
        match taken {
            Taken::As(ty) => {
                let part = part(ty.span());
                quote_spanned!(ty.span()=> ::do_runtime::__private::handed::<_, #ty>(#part),)
            }
            Taken::Owned => {
                let part = part(ident.span());
                quote!(#part,)
            }
            Taken::Borrowed => {
                let part = part(ident.span());
                quote_spanned!(ident.span()=> &#part,)
            }
        }
    });
    let (parameter, context) = match exhausted.context {
        Context::Taken => (quote!(#cx), quote!(#cx,)),
        Context::LeftOut => (quote!(_), quote!()),
    };
    let call = quote_spanned!(ident.span()=> #me.#ident(#context #(#given)* #error));
    quote! {
        #(#cfgs)*
        #name => #run.exclusive(#payload, |#me, #parameter, #parts, #error| #call),
    }
}

/// Reads the payload of an alarm.
fn payload(alarm: &Alarm) -> TokenStream {
    if alarm.arguments.is_empty() {
        return quote!(|_| ::core::result::Result::Ok(()));
    }
    let from = hidden("from");
    let parts = alarm.arguments.iter().map(|argument| {
        let (name, ty, proof) = (argument.name(), &argument.ty, &argument.proof);
        match argument.passing {
            Passing::Text => quote!(#from.take::<::std::string::String>(#name)?,),
            Passing::Bytes => quote!(#from.take::<::std::vec::Vec<::core::primitive::u8>>(#name)?,),
            Passing::Proved | Passing::Carried => quote!(#proof.take(#from)?,),
            Passing::String | Passing::Fixed | Passing::Counted => quote!(#from.take::<#ty>(#name)?,),
        }
    });
    quote!(|#from| ::core::result::Result::Ok((#(#parts)*)))
}

/// The payload, taken apart.
fn parts(alarm: &Alarm) -> TokenStream {
    let names = alarm.arguments.iter().map(|argument: &Argument| -> &Ident { &argument.ident });
    if alarm.arguments.is_empty() { quote!(()) } else { quote!((#(#names,)*)) }
}

/// A part of the payload, as the alarm's method takes it.
fn given(argument: &Argument) -> TokenStream {
    let ident = &argument.ident;
    if argument.passing.is_borrowed() { quote!(&#ident) } else { quote!(#ident) }
}
