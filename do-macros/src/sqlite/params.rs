//! The parameters of a statement.

#[cfg(feature = "checked-sql")]
use super::analysis::Analysis;
use super::excerpt::excerpt;
use super::lexer::{Kind, Token};
use super::{Form, Param};
use crate::schema::Class;

/// What the places of a parameter tell of it.
#[derive(Default)]
pub(super) struct Known {
    pub(super) class: Option<Class>,
    pub(super) own: Option<(usize, usize)>,
    pub(super) count: bool,
}

/// All parameters with the class that is told of each, by the order in which they first appear.
pub(super) fn find(sql: &str, tokens: &[Token<'_>], known: impl Fn(&str) -> Known) -> Vec<Param> {
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
            None => {
                let Known { class, own, count } = known(name);
                params.push(Param {
                    name: name.to_owned(),
                    places: vec![token.at],
                    form,
                    class,
                    own,
                    count,
                    excerpt: excerpt(sql, token.at, ""),
                })
            }
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

/// What every place agrees on.
#[cfg(feature = "checked-sql")]
pub(super) fn known(name: &str, analysis: &Analysis<'_>) -> Known {
    let class = agreed(name, &analysis.told);
    Known {
        class,
        own: if class.is_none() { agreed(name, &analysis.told_own) } else { None },
        count: analysis.counts.iter().any(|count| count == name),
    }
}

#[cfg(feature = "checked-sql")]
fn agreed<T: Copy + PartialEq>(name: &str, told: &[(String, T)]) -> Option<T> {
    let mut told = told.iter().filter(|(param, _)| param == name).map(|(_, told)| *told);
    let first = told.next()?;
    told.all(|other| other == first).then_some(first)
}
