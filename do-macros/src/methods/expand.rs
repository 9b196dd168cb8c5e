//! Prints the Rust of a block: the user's impl, and one `const _` with the two sides of its calls and of its alarms.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Block, Written};
use super::{alarms, dispatch, stub};
use crate::carry::block;

/// A block without mistakes.
pub(super) fn block(written: &Written, block: &Block) -> TokenStream {
    let item = &written.item;
    let object = &block.object;
    let methods = stub::methods(block);
    let alarms = alarms::methods(block);
    let requests = dispatch::requests(block);
    let constants = dispatch::constants(block);
    let dispatch = dispatch::dispatch(block);
    let rest = block::handlers(
        object,
        &quote! {
            #methods
            #alarms
            #requests
            #constants
            #dispatch
            ::do_runtime::__private::register! { #object }
        },
    );
    quote!(#item #rest)
}
