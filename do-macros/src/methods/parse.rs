//! Reads what is written: the options of the block and the attributes of its methods.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, ItemImpl};

use super::model::{Purpose, Role, RpcOptions, Speed, Written, WrittenMethod};
use crate::options::{self, Place, Repeat};
use crate::problems::Problems;
use crate::{object, strip, suggest};

const BLOCK: Place = Place { what: "`#[durable_object]` on an impl block", known: &["helpers"] };
const RPC: Place = Place { what: "`#[rpc]`", known: &["slow", "rename"] };

const METHOD_ATTRIBUTES: &[&str] = &["rpc", "init"];
const OF_OTHERS: &[(&str, &str)] = &[
    ("stored", "`#[stored]` is for a field of the struct: remove it here"),
    ("ephemeral", "`#[ephemeral]` is for a field of the struct: remove it here"),
    ("alarm", "there is no `#[alarm]`: a method is an `#[rpc]`, the `#[init]`, or a helper without an attribute"),
    (
        "websocket",
        "there is no `#[websocket]`: a method is an `#[rpc]`, the `#[init]`, or a helper without an attribute",
    ),
    ("fetch", "there is no `#[fetch]`: a method is an `#[rpc]`, the `#[init]`, or a helper without an attribute"),
    (
        "authorize",
        "there is no `#[authorize]`: a method is an `#[rpc]`, the `#[init]`, or a helper without an attribute",
    ),
];
const OF_METHODS: &[(&str, &str)] =
    &[("rpc", "`#[rpc]` goes on a method: remove it here"), ("init", "`#[init]` goes on a method: remove it here")];

/// The block as it is written.
pub(super) fn block(mut arguments: TokenStream, item: ItemImpl, problems: &mut Problems) -> Written {
    let mut written = Written { item, purpose: Purpose::Handlers, methods: Vec::new() };
    if let Some(TokenTree::Ident(word)) = arguments.clone().into_iter().next()
        && suggest::closest(&word.to_string(), ["helpers"]).is_some()
    {
        written.purpose = Purpose::Helpers;
    }
    if let Some(TokenTree::Ident(word)) = arguments.clone().into_iter().next()
        && object::OPTIONS.iter().any(|option| word == option)
    {
        problems
            .at(&word, format!("`{word}` is said of the struct: write it in the `#[durable_object]` above `struct`"));
        arguments = TokenStream::new();
    }
    for option in options::read(arguments, BLOCK, Repeat::Refused, problems) {
        option.word(problems);
    }
    for item in &mut written.item.items {
        match item {
            ImplItem::Fn(method) => {
                let taken = strip::take(&mut method.attrs, METHOD_ATTRIBUTES, OF_OTHERS, problems);
                if let Some(role) = role(&taken, problems) {
                    written.methods.push(WrittenMethod { method: method.clone(), role });
                }
            }
            ImplItem::Const(constant) => {
                strip::take(&mut constant.attrs, &[], OF_METHODS, problems);
            }
            ImplItem::Type(ty) => {
                strip::take(&mut ty.attrs, &[], OF_METHODS, problems);
            }
            ImplItem::Macro(call) => {
                strip::take(&mut call.attrs, &[], OF_METHODS, problems);
            }
            _ => {}
        }
    }
    written
}

fn role(attributes: &[Attribute], problems: &mut Problems) -> Option<Role> {
    let find = |name: &str| attributes.iter().find(|attribute| options::name_of(attribute) == name);
    match (find("rpc"), find("init")) {
        (Some(rpc), init) => {
            if let Some(init) = init {
                problems.at(init, "a method is either `#[rpc]` or `#[init]`: remove one of them");
            }
            Some(Role::Rpc(rpc_options(rpc, problems)))
        }
        (None, Some(init)) => {
            options::no_arguments(init, problems);
            Some(Role::Init(init.path().span()))
        }
        (None, None) => None,
    }
}

fn rpc_options(attribute: &Attribute, problems: &mut Problems) -> RpcOptions {
    let mut written = RpcOptions { span: attribute.path().span(), speed: Speed::Quick, rename: None };
    let arguments = options::arguments(attribute, problems);
    for option in options::read(arguments, RPC, Repeat::Refused, problems) {
        match option.key().as_str() {
            "slow" => {
                option.word(problems);
                written.speed = Speed::Slow;
            }
            _ => written.rename = option.text("\"post_message\"", problems),
        }
    }
    written
}
