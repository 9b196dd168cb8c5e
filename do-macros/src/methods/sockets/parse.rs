//! Reads `#[websocket(…)]`.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, LitStr, Token};

use super::model::{Occasion, Sent, SocketOptions};
use crate::options::{self, Opt, OptValue, Place, Repeat};
use crate::problems::Problems;

const WEBSOCKET: Place =
    Place { what: "`#[websocket]`", known: &["open", "message", "close", "error", "auto_response", "sends"] };

const OCCASIONS: [Occasion; 4] = [Occasion::Open, Occasion::Message, Occasion::Close, Occasion::Error];

/// The options of an attribute.
pub(in crate::methods) fn options(attribute: &Attribute, problems: &mut Problems) -> SocketOptions {
    let mut written = SocketOptions { span: attribute.path().span(), occasion: None, auto_response: None, sends: None };
    let arguments = options::arguments(attribute, problems);
    let is_empty = arguments.is_empty();
    let read = options::read(arguments, WEBSOCKET, Repeat::Refused, problems);
    let is_misread = !is_empty && read.is_empty();
    let mut response: Option<Opt> = None;
    for option in read {
        if option.name == "sends" {
            written.sends = sent(&option, problems);
            continue;
        }
        let Some(occasion) = OCCASIONS.into_iter().find(|occasion| option.name == occasion.word()) else {
            written.auto_response = pair(&option, problems);
            response = Some(option);
            continue;
        };
        option.word(problems);
        match written.occasion {
            None => written.occasion = Some(occasion),
            Some(first) => {
                let first = first.word();
                problems.at(
                    &option.name,
                    format!(
                        "this method is for `{first}` already: write another one for `{occasion}`",
                        occasion = occasion.word()
                    ),
                );
            }
        }
    }
    match (written.occasion, response) {
        (None, _) if !is_misread => {
            let message = "say what it is for: `#[websocket(open)]`, `(message)`, `(close)` or `(error)`";
            problems.at_span(written.span, message);
        }
        (Some(occasion), Some(response)) if occasion != Occasion::Message => {
            problems.at(&response.name, "messages are answered automatically: write it in `#[websocket(message, …)]`");
        }
        _ => {}
    }
    written
}

fn sent(option: &Opt, problems: &mut Problems) -> Option<Sent> {
    const EXAMPLE: &str = "`sends` takes the type of what the object sends: write `sends = Message`";
    let OptValue::Assigned(tokens) = &option.value else {
        problems.at(option, EXAMPLE);
        return None;
    };
    match syn::parse2(tokens.clone()) {
        Ok(ty) => Some(Sent { name: option.name.clone(), ty: Box::new(ty) }),
        Err(_) => {
            problems.at(tokens, format!("{EXAMPLE}; one with a comma in it gets a name of its own by `type`"));
            None
        }
    }
}

fn pair(option: &Opt, problems: &mut Problems) -> Option<(LitStr, LitStr)> {
    const EXAMPLE: &str = "`auto_response` takes a message and its answer: write `auto_response(\"ping\", \"pong\")`";
    let OptValue::List(list) = &option.value else {
        problems.at(option, EXAMPLE);
        return None;
    };
    let texts = syn::parse::Parser::parse2(Punctuated::<LitStr, Token![,]>::parse_terminated, list.stream());
    let texts: Vec<LitStr> = texts.into_iter().flatten().collect();
    match <[LitStr; 2]>::try_from(texts) {
        Ok([request, response]) => Some((request, response)),
        Err(_) => {
            problems.at(list, EXAMPLE);
            None
        }
    }
}
