//! `limits(value = "2MiB", queue = 16384, run = "30s")`.

use proc_macro2::{Group, Literal, TokenStream};
use quote::quote;
use syn::LitInt;

use crate::options::{self, Opt, OptValue, Place, Repeat};
use crate::problems::Problems;
use crate::{duration, size};

const LIMITS: Place = Place {
    what: "`limits`",
    known: &["value", "transaction", "database", "temp", "argument", "queue", "queue_bytes", "run"],
};

/// The calls that set the limits.
pub(super) fn setters(list: &Group, problems: &mut Problems) -> Vec<TokenStream> {
    let options = options::read(list.stream(), LIMITS, Repeat::Refused, problems);
    options.iter().filter_map(|option| setter(option, problems)).collect()
}

fn setter(option: &Opt, problems: &mut Problems) -> Option<TokenStream> {
    match option.key().as_str() {
        "queue" => {
            let calls = calls(option, problems)?;
            Some(quote!(.with_queue(#calls)))
        }
        "run" => {
            let text = option.text("\"30s\"", problems)?;
            let millis = Literal::u64_unsuffixed(duration::millis(&text, problems)?);
            Some(quote!(.with_run_millis(#millis)))
        }
        size => {
            let text = option.text("\"2MiB\"", problems)?;
            let bytes = Literal::u64_unsuffixed(size::bytes(&text, problems)?);
            let setter = quote::format_ident!("with_{size}");
            Some(quote!(.#setter(#bytes)))
        }
    }
}

fn calls(option: &Opt, problems: &mut Problems) -> Option<Literal> {
    const MESSAGE: &str = "`queue` is a number of calls: write `queue = 16384`";
    let OptValue::Assigned(value) = &option.value else {
        problems.at(option, MESSAGE);
        return None;
    };
    let number = syn::parse2::<LitInt>(value.clone()).and_then(|number| number.base10_parse::<u32>());
    match number {
        Ok(0) => problems.at(value, "nothing could be called: write at least `queue = 1`"),
        Ok(number) => return Some(Literal::u32_unsuffixed(number)),
        Err(_) => problems.at(value, MESSAGE),
    }
    None
}
