//! The parameters of a statement.

#[cfg(feature = "checked-sql")]
use super::analysis::Analysis;
use super::excerpt::excerpt;
use super::lexer::{Kind, Token};
use super::{Form, Param};
use crate::schema::Class;

/// All parameters with the class that is told of each, by the order in which they first appear.
pub(super) fn find(
    sql: &str,
    tokens: &[Token<'_>],
    class: impl Fn(&str) -> Option<Class>,
    count: impl Fn(&str) -> bool,
) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    for (position, token) in tokens.iter().enumerate() {
        if token.kind != Kind::Param {
            continue;
        }
        let name = &token.text[1..];
        let form = if is_list(tokens, position) { Form::List } else { Form::One };
        match params.iter_mut().find(|param| param.name == name) {
            Some(param) => {
                param.places.push(token.at);
                // What is one value elsewhere is one value in the list too.
                if form == Form::One {
                    param.form = Form::One;
                }
            }
            None => params.push(Param {
                name: name.to_owned(),
                places: vec![token.at],
                form,
                class: class(name),
                count: count(name),
                excerpt: excerpt(sql, token.at, ""),
            }),
        }
    }
    params
}

/// `IN (:names)`.
fn is_list(tokens: &[Token<'_>], position: usize) -> bool {
    position >= 2
        && tokens[position - 2].is("IN")
        && tokens[position - 1].is("(")
        && tokens.get(position + 1).is_some_and(|next| next.is(")"))
}

/// The one class that every place agrees on.
#[cfg(feature = "checked-sql")]
pub(super) fn class(name: &str, analysis: &Analysis<'_>) -> Option<Class> {
    let mut told = analysis.told.iter().filter(|(param, _)| param == name).map(|(_, class)| *class);
    let first = told.next()?;
    told.all(|class| class == first).then_some(first)
}
