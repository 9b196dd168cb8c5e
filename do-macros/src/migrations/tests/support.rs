//! Schemas as texts, and the steps that a message proposes.

use std::path::Path;

use quote::quote;

use crate::migrations::parse::steps_beside;
use crate::migrations::{Step, StepKind, check};
use crate::problems::Problems;
use crate::schema::{Column, Schema, Table};

/// A schema with these statements. Of the tables only what a message without steps needs is filled in.
pub(super) fn schema(ddl: &str) -> Schema {
    let own = ddl.contains(" ANY");
    let columns = if own {
        vec![Column { name: "mood".to_owned(), class: None, nullable: false, field: None }]
    } else {
        Vec::new()
    };
    let table =
        Table { rust: "Message".to_owned(), name: "message".to_owned(), columns, ddl: ddl.to_owned(), expires: false };
    Schema { object: "Room".to_owned(), tables: vec![table] }
}

/// The steps as `migrations(…)` has them.
pub(super) fn steps(texts: &[&str]) -> Vec<Step> {
    let numbered = texts.iter().zip(1u32..).map(|(text, version)| {
        let version = proc_macro2::Literal::u32_unsuffixed(version);
        quote!(#version = #text,)
    });
    read(&numbered.map(|tokens| tokens.to_string()).collect::<String>())
}

fn read(list: &str) -> Vec<Step> {
    let tokens = list.parse().unwrap_or_else(|error| panic!("not tokens: {error}\n{list}"));
    let mut problems = Problems::default();
    let steps = steps_beside(Path::new("."), tokens, &mut problems);
    let problems = problems.sentences();
    assert!(problems.is_empty(), "{problems:?}\n{list}");
    steps
}

/// What is wrong with the steps.
pub(super) fn mistakes(declared: &str, texts: &[&str]) -> Vec<String> {
    check(&schema(declared), &steps(texts)).into_iter().map(|(_, message)| message).collect()
}

/// The only mistake.
#[track_caller]
pub(super) fn mistake(declared: &str, texts: &[&str]) -> String {
    let mut mistakes = mistakes(declared, texts);
    assert_eq!(mistakes.len(), 1, "{mistakes:#?}");
    mistakes.remove(0)
}

/// Pastes what the message proposes behind the steps; the text of the step that was pasted.
#[track_caller]
pub(super) fn paste(declared: &str, texts: &[&str]) -> String {
    try_paste(declared, texts).unwrap_or_else(|reason| panic!("{reason}"))
}

/// The same, or why pasting does not end the error.
pub(super) fn try_paste(declared: &str, texts: &[&str]) -> Result<String, String> {
    let Some(message) = mistakes(declared, texts).into_iter().next() else {
        return Err("there is no difference".to_owned());
    };
    let next = texts.len() + 1;
    let marker = format!("\n  {next} = ");
    let at = message.find(&marker).ok_or_else(|| format!("nothing is proposed:\n{message}"))?;
    let list: String = texts.iter().zip(1..).map(|(text, version)| format!("{version} = {text:?},\n")).collect();
    let all = read(&(list + &message[at..]));
    if let Some((_, after)) = check(&schema(declared), &all).first() {
        return Err(format!("pasting does not end the error:\n{message}\nand then\n{after}"));
    }
    match &all[next - 1].kind {
        StepKind::Sql { text, .. } => Ok(text.clone()),
        _ => Err(format!("what is proposed is a text: {message}")),
    }
}
