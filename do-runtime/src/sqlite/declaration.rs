//! The text of a CREATE TABLE statement, taken apart: enough of it to compare two and to add a column.

/// A CREATE TABLE statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Declaration<'a> {
    /// Its columns in order: name, and the whole text.
    pub(super) columns: Vec<(String, &'a str)>,
    /// Its constraints and options, as words.
    pub(super) rest: Vec<String>,
}

impl<'a> Declaration<'a> {
    /// Takes the text of `sqlite_schema` apart; none if it isn't such a statement.
    pub(super) fn parse(sql: &'a str) -> Option<Self> {
        let words = words(sql);
        let open = words.iter().position(|word| word.text == "(")?;
        let mut columns = Vec::new();
        let mut rest = Vec::new();
        let mut depth = 0usize;
        let mut first = open + 1;
        for (index, word) in words.iter().enumerate().skip(open) {
            match word.text {
                "(" => depth += 1,
                ")" => depth = depth.checked_sub(1)?,
                _ => {}
            }
            let ends = depth == 0 || depth == 1 && word.text == ",";
            if ends {
                let item = words.get(first..index)?;
                let (head, last) = (item.first()?, item.last()?);
                match is_constraint(head.text) {
                    true => rest.push(item.iter().map(Word::normal).collect::<Vec<_>>().join(" ")),
                    false => columns.push((head.name(), sql.get(head.at..last.at + last.text.len())?)),
                }
                first = index + 1;
            }
            if depth == 0 {
                rest.push(words[first..].iter().map(Word::normal).collect::<Vec<_>>().join(" "));
                return Some(Declaration { columns, rest });
            }
        }
        None
    }

    /// The text of a column.
    pub(super) fn column(&self, name: &str) -> Option<&'a str> {
        self.columns.iter().find(|(column, _)| column.eq_ignore_ascii_case(name)).map(|(_, text)| *text)
    }
}

/// Whether two texts are the same SQL: spaces, comments, case and quotes of names aside.
pub(super) fn same(one: &str, other: &str) -> bool {
    words(one).iter().map(Word::normal).eq(words(other).iter().map(Word::normal))
}

/// The words of a text as they are written, without spaces and comments.
pub(super) fn words_of(sql: &str) -> impl Iterator<Item = &str> {
    words(sql).into_iter().map(|word| word.text)
}

/// A text for comparing: what is [`same`] has the same.
pub(super) fn normal(sql: &str) -> String {
    words(sql).iter().map(Word::normal).collect::<Vec<_>>().join(" ")
}

/// What the CHECK constraints of a CREATE TABLE statement say, of its columns and of the table, for comparing.
pub(super) fn checks(sql: &str) -> Vec<String> {
    let words = words(sql);
    let mut checks = Vec::new();
    for (index, _) in words.iter().enumerate().filter(|(_, word)| word.text.eq_ignore_ascii_case("check")) {
        let mut depth = 0usize;
        let mut check = Vec::new();
        for word in &words[index + 1..] {
            match word.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            check.push(word.normal());
            if depth == 0 {
                break;
            }
        }
        if let [open, inner @ .., close] = check.as_slice()
            && open == "("
            && close == ")"
        {
            checks.push(inner.join(" "));
        }
    }
    checks
}

fn is_constraint(word: &str) -> bool {
    ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].iter().any(|head| head.eq_ignore_ascii_case(word))
}

/// A word, name, text, number or sign.
struct Word<'a> {
    text: &'a str,
    at: usize,
}

impl Word<'_> {
    /// The name without its quotes.
    fn name(&self) -> String {
        let inner = |quote: char, text: &str| {
            let doubled = format!("{quote}{quote}");
            text[1..text.len() - 1].replace(&doubled, quote.encode_utf8(&mut [0; 4]))
        };
        match self.text.as_bytes() {
            [b'"', .., b'"'] => inner('"', self.text),
            [b'`', .., b'`'] => inner('`', self.text),
            [b'[', .., b']'] => self.text[1..self.text.len() - 1].to_owned(),
            _ => self.text.to_owned(),
        }
    }

    /// For comparing: texts stay, all else in lower case.
    fn normal(&self) -> String {
        if self.text.starts_with('\'') { self.text.to_owned() } else { self.name().to_ascii_lowercase() }
    }
}

fn words(sql: &str) -> Vec<Word<'_>> {
    let bytes = sql.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let end = match byte {
            b'\'' | b'"' | b'`' => quoted(bytes, at, byte),
            b'[' => quoted(bytes, at, b']'),
            b'-' if bytes.get(at + 1) == Some(&b'-') => {
                at = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |length| at + length);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = sql[at + 2..].find("*/").map_or(bytes.len(), |length| at + length + 4);
                continue;
            }
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            byte if is_word(byte) => {
                bytes[at..].iter().position(|&byte| !is_word(byte)).map_or(bytes.len(), |length| at + length)
            }
            _ => at + 1,
        };
        words.push(Word { text: &sql[at..end], at });
        at = end;
    }
    words
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.' || !byte.is_ascii()
}

/// The end of what is quoted from `start`; a doubled quote is part of it.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if quote == b']' || bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::{Declaration, checks, same};

    #[test]
    fn columns_constraints_and_options_are_told_apart() {
        let sql = r#"CREATE TABLE "a b" (
            id INTEGER PRIMARY KEY, -- a comment, with a comma
            "order" TEXT NOT NULL DEFAULT 'x, (y)' CHECK (length("order") IN (1, 2)),
            /* ( */ c BLOB,
            PRIMARY KEY (id, c), FOREIGN KEY (c) REFERENCES d(e)
        ) STRICT, WITHOUT ROWID"#;
        let declaration = Declaration::parse(sql).expect("a table");
        let names: Vec<_> = declaration.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "order", "c"]);
        assert_eq!(
            declaration.column("ORDER"),
            Some(r#""order" TEXT NOT NULL DEFAULT 'x, (y)' CHECK (length("order") IN (1, 2))"#)
        );
        assert_eq!(declaration.rest.len(), 3);
        assert_eq!(declaration.rest[2], "strict , without rowid");
    }

    #[test]
    fn what_is_cut_off_is_no_declaration() {
        for sql in [
            "",
            "CREATE TABLE t",
            "CREATE TABLE t (",
            "CREATE TABLE t (a, 'b",
            "CREATE TABLE t (a, (b",
            "(,)",
            "/*",
            "(()",
        ] {
            assert_eq!(Declaration::parse(sql), None, "{sql}");
        }
    }

    #[test]
    fn checks_are_found_wherever_they_stand() {
        let sql =
            r#"CREATE TABLE t (a INTEGER CHECK (a > 0 AND (a < 9)), "check" TEXT, CONSTRAINT c CHECK ("A" <> 'X'))"#;
        assert_eq!(checks(sql), ["a > 0 and ( a < 9 )", "a < > 'X'"]);
    }

    #[test]
    fn quotes_spaces_and_case_make_no_difference_but_texts_do() {
        assert!(same("a  TEXT DEFAULT 'X'", "\"A\" text default 'X' -- so"));
        assert!(!same("a TEXT DEFAULT 'X'", "a TEXT DEFAULT 'x'"));
    }
}
