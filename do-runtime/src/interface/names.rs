//! Names for other languages: identifiers, each of which is there once.

use std::collections::{BTreeSet, HashSet};

use super::model::{Type, TypeIndex};

/// A path with its parameters, as the compiler writes it, as one name: `PageMessage` of `chat::Page<chat::Message>`.
pub(crate) fn of_path(path: &str) -> String {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let path = path.replace("{{closure}}", "");
    let parts = path.split(|c| !is_part(c)).filter_map(|part| part.rsplit("::").next());
    parts.filter(|part| !part.is_empty()).map(|part| capital(&identifier(part))).collect()
}

/// The text as an identifier: what can't be in one is an underscore.
pub(crate) fn identifier(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// With a capital first.
pub(crate) fn capital(name: &str) -> String {
    first(name, char::to_ascii_uppercase)
}

/// With a small letter first.
pub(crate) fn small(name: &str) -> String {
    first(name, char::to_ascii_lowercase)
}

fn first(name: &str, change: fn(&char) -> char) -> String {
    let mut rest = name.chars();
    rest.next().iter().map(change).chain(rest).collect()
}

/// Names that are taken.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    /// With these taken already.
    pub(crate) fn without(taken: &[&str]) -> Self {
        Names(taken.iter().map(|&name| name.to_owned()).collect())
    }

    /// This name, or with a number if it is taken.
    pub(crate) fn free(&mut self, name: String) -> String {
        let mut free = name.clone();
        let mut number = 2;
        while !self.0.insert(free.clone()) {
            free = format!("{name}{number}");
            number += 1;
        }
        free
    }
}

/// A name for each type that is needed, in order; the others have none.
pub(crate) fn of_types(types: &[Type], needed: &BTreeSet<TypeIndex>, names: &mut Names) -> Vec<String> {
    let name = |(index, ty): (usize, &Type)| {
        if !needed.contains(&TypeIndex(index)) {
            return String::new();
        }
        let parameters = ty.path.split_once('<').map(|(_, rest)| of_path(rest)).unwrap_or_default();
        names.free(capital(&identifier(ty.name)) + &parameters)
    };
    types.iter().enumerate().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_one_name() {
        assert_eq!(of_path("chat::Message"), "Message");
        assert_eq!(of_path("chat::Page<chat::Message, alloc::vec::Vec<u8>>"), "PageMessageVecU8");
        assert_eq!(of_path("chat::tests::{{closure}}::Local"), "Local");
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let mut names = Names::without(&["Kind"]);
        assert_eq!(names.free("Kind".to_owned()), "Kind2");
        assert_eq!(names.free("Kind".to_owned()), "Kind3");
        assert_eq!(identifier("chat room/2"), "chat_room_2");
        assert_eq!(identifier("2nd"), "_2nd");
    }
}
