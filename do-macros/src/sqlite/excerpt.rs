//! The line of a query that a message is about.

/// The line that holds byte `at`, and under it a caret for the word there, followed by `hint`.
///
/// No span on stable Rust can mean a part of a string literal, so the place is drawn in the text.
pub(crate) fn excerpt(sql: &str, at: usize, hint: &str) -> String {
    let at = sql.floor_char_boundary(at);
    let start = sql[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = sql[at..].find('\n').map_or(sql.len(), |length| at + length);
    // The indentation of a literal in several lines tells nothing.
    let indent = sql[start..at].len() - sql[start..at].trim_start().len();
    let start = start + indent;
    let under: String = sql[start..at].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let line = sql[start..end].trim_end();
    format!("  {line}\n  {under}{} {hint}", "^".repeat(width(&sql[at..end]))).trim_end().to_owned()
}

/// How many characters the word at the beginning of `rest` has.
fn width(rest: &str) -> usize {
    let mut characters = rest.chars();
    match characters.next() {
        Some(quote @ ('"' | '\'' | '`')) => characters.position(|c| c == quote).map_or(1, |inner| inner + 2),
        Some(_) => {
            let marker = usize::from(rest.starts_with([':', '?', '@', '$']));
            let word = rest.chars().skip(marker).take_while(|c| c.is_alphanumeric() || *c == '_').count();
            (marker + word).max(1)
        }
        None => 1,
    }
}
