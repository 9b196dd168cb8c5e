//! SQL as tokens, with the rules of SQLite's own tokenizer: as much of it as finding names takes.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes of any style, or a text, which SQLite also takes for a name where a table may stand.
    Quoted,
    Symbol,
    /// Numbers and parameters.
    Other,
}

/// A token of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    kind: Kind,
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    pub(super) at: usize,
    /// How many parentheses are open around it.
    pub(super) depth: usize,
}

impl Token<'_> {
    /// Whether it is this keyword or symbol.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text.eq_ignore_ascii_case(word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// Whether it can be this name.
    pub(super) fn names(&self, name: &str) -> bool {
        match self.kind {
            Kind::Word => self.text.eq_ignore_ascii_case(name),
            Kind::Quoted => {
                let (quote, inner) = (&self.text[..1], self.text.get(1..self.text.len() - 1).unwrap_or_default());
                match quote {
                    "[" => inner.eq_ignore_ascii_case(name),
                    _ => inner.replace(&quote.repeat(2), quote).eq_ignore_ascii_case(name),
                }
            }
            Kind::Symbol | Kind::Other => false,
        }
    }

    /// Whether it can be a name at all.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }

    /// Where it ends, in bytes.
    pub(super) fn end(&self) -> usize {
        self.at + self.text.len()
    }
}

/// Splits a text. It never fails: SQLite has the last word on syntax.
pub(super) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut depth) = (Vec::new(), 0, 0usize);
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if let Some(length) = blank(rest, first) {
            at += length;
            continue;
        }
        let (kind, length) = token(rest, first);
        if first == ')' {
            depth = depth.saturating_sub(1);
        }
        tokens.push(Token { kind, text: &rest[..length], at, depth });
        if first == '(' {
            depth += 1;
        }
        at += length;
    }
    tokens
}

/// The length of white space or a comment.
fn blank(rest: &str, first: char) -> Option<usize> {
    if first.is_ascii_whitespace() || first == '\u{feff}' {
        return Some(first.len_utf8());
    }
    if rest.starts_with("--") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| rest[2..].find("*/").map_or(rest.len(), |end| end + 4))
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    let word = |text: &str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    match first {
        'x' | 'X' if rest[1..].starts_with('\'') => {
            (Kind::Other, quoted(&rest[1..], '\'').map_or(rest.len(), |end| end + 1))
        }
        // SQLite refuses a quote that is never closed.
        '\'' | '"' | '`' => quoted(rest, first).map_or((Kind::Other, rest.len()), |length| (Kind::Quoted, length)),
        '[' => rest.find(']').map_or((Kind::Other, rest.len()), |end| (Kind::Quoted, end + 1)),
        ':' | '@' | '$' | '?' | '#' => (Kind::Other, 1 + word(&rest[1..])),
        '0'..='9' => (Kind::Other, number(rest)),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (Kind::Other, number(rest)),
        _ if is_word(first) => (Kind::Word, word(rest)),
        _ => (Kind::Symbol, first.len_utf8()),
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

fn number(rest: &str) -> usize {
    let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
    let mut before = ' ';
    rest.find(|c: char| {
        let exponent_sign = !hexadecimal && matches!(before, 'e' | 'E') && matches!(c, '+' | '-');
        let goes_on = is_word(c) || c == '.' || exponent_sign;
        before = c;
        !goes_on
    })
    .unwrap_or(rest.len())
}

/// The length of a quoted token, in which a doubled quote stands for itself.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return Some(at + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_quotes_and_never_in_comments() {
        let sql = "SELECT a -- message\n FROM \"mes\"\"sage\", [b c] /* x */, `d` WHERE e = x'00' AND f > 1.5e-3";
        let texts: Vec<&str> = tokens(sql).iter().map(|token| token.text).collect();
        assert_eq!(
            texts,
            [
                "SELECT",
                "a",
                "FROM",
                "\"mes\"\"sage\"",
                ",",
                "[b c]",
                ",",
                "`d`",
                "WHERE",
                "e",
                "=",
                "x'00'",
                "AND",
                "f",
                ">",
                "1.5e-3"
            ]
        );
        assert!(tokens(sql)[3].names("MES\"sage"));
        assert!(tokens(sql)[5].names("B C"));
        assert!(!tokens(sql)[15].is_name());
    }

    #[test]
    fn what_is_never_closed_goes_to_the_end() {
        for sql in ["'a", "\"a", "[a", "/* a", "-- a", "x'a", "é'", "(", "))"] {
            let _ = tokens(sql);
        }
    }
}
