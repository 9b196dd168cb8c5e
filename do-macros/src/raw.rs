//! Raw literals: the only ones that `cargo expand` prints with their line breaks.

use proc_macro2::Literal;

/// The text as `r#"…"#`, with as many `#` as it needs.
pub(crate) fn literal(text: &str) -> Literal {
    let hashes = (1..).map(|count| "#".repeat(count)).find(|hashes| !text.contains(&format!("\"{hashes}")));
    let hashes = hashes.unwrap_or_default();
    // Carriage returns can't stand in a raw literal.
    format!("r{hashes}\"{text}\"{hashes}").parse().unwrap_or_else(|_| Literal::string(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_between_enough_marks() {
        assert_eq!(literal("a\nb").to_string(), "r#\"a\nb\"#");
        assert_eq!(literal("a \"# b").to_string(), "r##\"a \"# b\"##");
        assert_eq!(literal("a\rb").to_string(), "\"a\\rb\"");
    }
}
