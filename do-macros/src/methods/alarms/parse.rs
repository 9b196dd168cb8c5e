//! Reads `#[alarm(…)]`.

use syn::spanned::Spanned;
use syn::{Attribute, Ident, LitInt, LitStr};

use super::model::{AlarmOptions, Repeat};
use crate::options::{self, Opt, OptValue, Place};
use crate::problems::Problems;
use crate::{cron, duration};

const ALARM: Place = Place { what: "`#[alarm]`", known: &["every", "cron", "zone", "retries", "exhausted", "rename"] };

/// How often a run that failed is tried again, unless the attribute says otherwise.
const RETRIES: u32 = 6;
const MOST_RETRIES: u32 = 100;

/// The options of an attribute.
pub(in crate::methods) fn options(attribute: &Attribute, problems: &mut Problems) -> AlarmOptions {
    let mut written = AlarmOptions {
        span: attribute.path().span(),
        repeat: Repeat::No,
        retries: RETRIES,
        exhausted: None,
        rename: None,
    };
    let arguments = options::arguments(attribute, problems);
    let mut zone: Option<(Opt, Option<LitStr>)> = None;
    for option in options::read(arguments, ALARM, options::Repeat::Refused, problems) {
        match option.key().as_str() {
            "every" | "cron" => set_repeat(&mut written.repeat, &option, problems),
            "zone" => {
                let name = zone_name(&option, problems);
                zone = Some((option, name));
            }
            "retries" => written.retries = retries(&option, problems).unwrap_or(RETRIES),
            "exhausted" => written.exhausted = method(&option, problems),
            _ => written.rename = option.text("\"send_reminder\"", problems),
        }
    }
    if let Some((option, name)) = zone {
        match &mut written.repeat {
            Repeat::Cron { zone, .. } => *zone = name,
            Repeat::Refused("cron") => {}
            _ => problems.at(
                &option.name,
                "`zone` is that of a `cron` expression: write `cron = \"0 3 * * *\"` before it, or remove it",
            ),
        }
    }
    written
}

fn set_repeat(repeat: &mut Repeat, option: &Opt, problems: &mut Problems) {
    if repeat.option().is_some() {
        problems.at(&option.name, "an alarm repeats by `every` or by `cron`: remove one of them");
        return;
    }
    *repeat = if option.name == "every" {
        let text = option.text("\"1h\"", problems);
        let millis = text.and_then(|text| duration::millis(&text, problems));
        millis.map_or(Repeat::Refused("every"), Repeat::Every)
    } else {
        let text = option.text("\"0 3 * * *\"", problems);
        text.map_or(Repeat::Refused("cron"), |expression| {
            cron::check(&expression, problems);
            Repeat::Cron { expression, zone: None }
        })
    };
}

fn zone_name(option: &Opt, problems: &mut Problems) -> Option<LitStr> {
    let text = option.text("\"Europe/Paris\"", problems)?;
    let name = text.value();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        let message = format!("{name:?} is no time zone: write the name of one, such as \"Europe/Paris\" or \"UTC\"");
        problems.at(&text, message);
        return None;
    }
    Some(text)
}

fn retries(option: &Opt, problems: &mut Problems) -> Option<u32> {
    const MESSAGE: &str = "`retries` is a number: write `retries = 6`";
    let OptValue::Assigned(value) = &option.value else {
        problems.at(option, MESSAGE);
        return None;
    };
    match syn::parse2::<LitInt>(value.clone()).map(|number| number.base10_parse::<u32>()) {
        Ok(Ok(number)) if number <= MOST_RETRIES => return Some(number),
        Ok(_) => {
            problems.at(value, "a run that failed is tried again 100 times at most: write `retries = 100`, or less")
        }
        Err(_) => problems.at(value, MESSAGE),
    }
    None
}

/// The method of `exhausted = method`.
fn method(option: &Opt, problems: &mut Problems) -> Option<Ident> {
    const MESSAGE: &str = "`exhausted` takes the name of a method of this block: write `exhausted = give_up`";
    let OptValue::Assigned(value) = &option.value else {
        problems.at(option, MESSAGE);
        return None;
    };
    if let Ok(ident) = syn::parse2::<Ident>(value.clone()) {
        return Some(ident);
    }
    // `"give_up"` or `Self::give_up`.
    let text = syn::parse2::<LitStr>(value.clone()).and_then(|text| text.parse::<Ident>());
    let path = syn::parse2::<syn::Path>(value.clone()).map(|path| path.segments.last().map(|last| last.ident.clone()));
    match text.ok().or(path.ok().flatten()) {
        Some(meant) => problems.at(value, format!("`exhausted` takes a name alone: write `exhausted = {meant}`")),
        None => problems.at(value, MESSAGE),
    }
    None
}
