//! Names and texts in SQL.

use super::keywords::KEYWORDS;

/// A name as it is written in a statement: in quotes, if it is a keyword or has odd characters.
pub(crate) fn name(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A text as a literal.
pub(crate) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn is_plain(name: &str) -> bool {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let goes_on_well = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    begins_well && goes_on_well && KEYWORDS.binary_search(&name.to_ascii_uppercase().as_str()).is_err()
}

/// A Rust name in snake case: `HTTPLog` becomes `http_log`.
pub(crate) fn snake_case(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, &character) in characters.iter().enumerate() {
        let after_a_word = at > 0 && !characters[at - 1].is_uppercase() && characters[at - 1] != '_';
        let ends_a_run = at > 0
            && characters[at - 1].is_uppercase()
            && characters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if character.is_uppercase() && (after_a_word || ends_a_run) {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_odd_names_are_quoted() {
        assert_eq!(name("author"), "author");
        assert_eq!(name("order"), "\"order\"");
        assert_eq!(name("Group"), "\"Group\"");
        assert_eq!(name("two words"), "\"two words\"");
        assert_eq!(name("1st"), "\"1st\"");
        assert_eq!(name("größe"), "\"größe\"");
        assert_eq!(name("a\"b"), "\"a\"\"b\"");
    }

    #[test]
    fn quotes_in_a_text_are_doubled() {
        assert_eq!(text("it's"), "'it''s'");
    }

    #[test]
    fn words_and_runs_of_capitals_become_snake_case() {
        assert_eq!(snake_case("CartItem"), "cart_item");
        assert_eq!(snake_case("HTTPLog"), "http_log");
        assert_eq!(snake_case("Step2Done"), "step2_done");
        assert_eq!(snake_case("URL"), "url");
        assert_eq!(snake_case("Snake_Case"), "snake_case");
    }
}
