//! SQL as tokens, with the rules of SQLite's own tokenizer.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes of any style.
    Quoted,
    Number,
    Text,
    Blob,
    Param,
    Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Where it begins, in bytes.
    pub(crate) at: usize,
    /// How many parentheses are open around it.
    pub(crate) depth: usize,
}

impl Token<'_> {
    /// Whether it is this keyword or symbol.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }

    /// The name without its quotes, if it can be one.
    pub(crate) fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_owned()),
            Kind::Quoted => {
                let inner = &self.text[1..self.text.len() - 1];
                let quote = &self.text[..1];
                Some(if quote == "[" { inner.to_owned() } else { inner.replace(&quote.repeat(2), quote) })
            }
            _ => None,
        }
    }
}

const LONG_SYMBOLS: [&str; 10] = ["->>", "->", "||", "<=", ">=", "<>", "<<", ">>", "!=", "=="];

/// Splits `sql`. It never fails: SQLite has the last word on syntax.
pub(crate) fn lex(sql: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut at, mut depth) = (Vec::new(), 0, 0usize);
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if let Some(length) = blank(rest) {
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
fn blank(rest: &str) -> Option<usize> {
    if rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '\u{feff}') {
        return rest.chars().next().map(char::len_utf8);
    }
    if rest.starts_with("--") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    rest.starts_with("/*").then(|| rest[2..].find("*/").map_or(rest.len(), |end| end + 4))
}

fn token(rest: &str, first: char) -> (Kind, usize) {
    let word = |text: &str| text.find(|c| !is_word(c)).unwrap_or(text.len());
    match first {
        '\'' => (Kind::Text, quoted(rest, '\'').unwrap_or(rest.len())),
        'x' | 'X' if rest[1..].starts_with('\'') => {
            (Kind::Blob, 1 + quoted(&rest[1..], '\'').unwrap_or(rest.len() - 1))
        }
        // SQLite refuses a quote that is never closed.
        '"' | '`' => quoted(rest, first).map_or((Kind::Symbol, rest.len()), |length| (Kind::Quoted, length)),
        '[' => rest.find(']').map_or((Kind::Symbol, rest.len()), |end| (Kind::Quoted, end + 1)),
        ':' | '@' | '$' | '?' | '#' => (Kind::Param, 1 + word(&rest[1..])),
        '0'..='9' => (Kind::Number, number(rest)),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (Kind::Number, number(rest)),
        _ if is_word(first) => (Kind::Word, word(rest)),
        _ => {
            let long = LONG_SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
            (Kind::Symbol, long.map_or(first.len_utf8(), |symbol| symbol.len()))
        }
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
