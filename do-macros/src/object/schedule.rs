//! `ChatRoomSchedule`, of which the impl block says what can be scheduled.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::Written;

/// The type.
pub(super) fn schedule(written: &Written) -> TokenStream {
    let (vis, ident) = (&written.item.vis, &written.item.ident);
    let schedule = super::schedule_ident(ident);
    let title = format!(" Sets the alarms of a [`{ident}`]: what `cx.schedule()` gives.");
    quote! {
        #[doc = #title]
        #[derive(Debug)]
        #vis struct #schedule<'a>(::do_runtime::Schedule<'a>);
    }
}

/// What every schedule has.
pub(super) fn impls(written: &Written) -> TokenStream {
    let ident = &written.item.ident;
    let (stub, schedule) = (super::stub_ident(ident), super::schedule_ident(ident));
    quote! {
        #[automatically_derived]
        impl ::do_runtime::__private::Scheduled for #stub
        where
            for<'a> #ident: ::do_runtime::__private::Dispatch,
        {
            type Schedule<'a> = #schedule<'a>;
        }

        #[automatically_derived]
        impl<'a> ::core::convert::From<::do_runtime::Schedule<'a>> for #schedule<'a> {
            fn from(schedule: ::do_runtime::Schedule<'a>) -> Self {
                Self(schedule)
            }
        }

        #[automatically_derived]
        impl<'a> ::core::ops::Deref for #schedule<'a> {
            type Target = ::do_runtime::Schedule<'a>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    }
}
