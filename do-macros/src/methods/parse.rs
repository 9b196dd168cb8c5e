//! Reads what is written: the options of the block and the attributes of its methods.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{Attribute, ImplItem, ItemImpl};

use super::model::{Purpose, Reach, Repeating, Role, RpcOptions, Speed, Written, WrittenMethod};
use super::{alarms, fetch, sockets};
use crate::options::{self, Place, Repeat};
use crate::problems::Problems;
use crate::{duration, object, strip, suggest};

const BLOCK: Place = Place { what: "`#[durable_object]` on an impl block", known: &["helpers"] };
const RPC: Place = Place { what: "`#[rpc]`", known: &["public", "live", "slow", "idempotent", "deadline", "rename"] };

const METHOD_ATTRIBUTES: &[&str] = &["rpc", "alarm", "init", "authorize", "websocket", "fetch"];
const OF_OTHERS: &[(&str, &str)] = &[
    ("stored", "`#[stored]` is for a field of the struct: remove it here"),
    ("ephemeral", "`#[ephemeral]` is for a field of the struct: remove it here"),
];
const OF_METHODS: &[(&str, &str)] = &[
    ("rpc", "`#[rpc]` goes on a method: remove it here"),
    ("alarm", "`#[alarm]` goes on a method: remove it here"),
    ("init", "`#[init]` goes on a method: remove it here"),
    ("authorize", "`#[authorize]` goes on a method: remove it here"),
    ("websocket", "`#[websocket]` goes on a method: remove it here"),
    ("fetch", "`#[fetch]` goes on a method: remove it here"),
];

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
    let written = METHOD_ATTRIBUTES
        .iter()
        .find_map(|name| attributes.iter().find(|attribute| options::name_of(attribute) == *name))?;
    let name = options::name_of(written);
    for other in attributes.iter().filter(|attribute| options::name_of(attribute) != name) {
        let other_name = options::name_of(other);
        let instead = match other_name.as_str() {
            "alarm" => "write two methods, of which one calls the other",
            _ => "remove one of them",
        };
        problems.at(other, format!("a method is either `#[{name}]` or `#[{other_name}]`: {instead}"));
    }
    Some(match name.as_str() {
        "rpc" => Role::Rpc(rpc_options(written, problems)),
        "alarm" => Role::Alarm(alarms::options(written, problems)),
        "fetch" => Role::Fetch(fetch::options(written, problems)),
        "websocket" => Role::Websocket(sockets::options(written, problems)),
        "authorize" => {
            options::no_arguments(written, problems);
            Role::Authorize(written.path().span())
        }
        _ => {
            options::no_arguments(written, problems);
            Role::Init(written.path().span())
        }
    })
}

fn rpc_options(attribute: &Attribute, problems: &mut Problems) -> RpcOptions {
    let mut written = RpcOptions {
        span: attribute.path().span(),
        reach: Reach::Inside,
        live: None,
        speed: Speed::Quick,
        repeating: Repeating::Counts,
        deadline: None,
        rename: None,
    };
    let arguments = options::arguments(attribute, problems);
    for option in options::read(arguments, RPC, Repeat::Refused, problems) {
        match option.key().as_str() {
            "public" => {
                option.word(problems);
                written.reach = Reach::Public;
            }
            "live" => {
                option.word(problems);
                written.live = Some(option.name.span());
            }
            "slow" => {
                option.word(problems);
                written.speed = Speed::Slow;
            }
            "idempotent" => {
                option.word(problems);
                written.repeating = Repeating::Harmless;
            }
            "deadline" => {
                let text = option.text("\"2s\"", problems);
                written.deadline = text.and_then(|text| duration::millis(&text, problems));
            }
            _ => written.rename = option.text("\"post_message\"", problems),
        }
    }
    written
}
