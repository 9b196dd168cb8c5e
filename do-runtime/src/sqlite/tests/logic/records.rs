//! The form of the records: a head, the SQL, and after `----` one value a line; blank lines between them.

/// A statement, and what must come of it.
pub(super) struct Record<'a> {
    /// From 1.
    pub(super) line: usize,
    /// The head as it is written, conditions included.
    head: String,
    pub(super) sql: &'a str,
    pub(super) expected: Expected<'a>,
}

pub(super) enum Expected<'a> {
    Works,
    Fails,
    /// The types of the columns: `I`, `R` or `T`.
    Rows {
        types: &'a str,
        sort: Sort,
        results: Vec<String>,
    },
}

/// What is sorted before values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    None,
    Rows,
    Values,
}

/// The records of a file that are meant for SQLite.
pub(super) fn read(text: &str) -> Vec<Record<'_>> {
    let mut records = Vec::new();
    let mut line = 1;
    for block in text.split("\n\n") {
        let first = line;
        line += block.matches('\n').count() + 2;
        let lines = block.lines().filter(|line| !line.starts_with('#'));
        let mut words = lines.map(|line| line.split(" #").next().unwrap_or_default().trim_end());
        let meant = |head: &str| {
            !matches!(head.split_once(' '), Some(("onlyif", other)) if other != "sqlite") && head != "skipif sqlite"
        };
        let mut head = Vec::new();
        let is_meant = loop {
            match words.next() {
                Some(condition) if condition.starts_with("onlyif") || condition.starts_with("skipif") => {
                    head.push(condition);
                    if !meant(condition) {
                        break false;
                    }
                }
                Some("") => {}
                Some(kind) => {
                    head.push(kind);
                    break true;
                }
                None => break false,
            }
        };
        match head.last() {
            Some(&"halt") if is_meant => break,
            Some(kind) if is_meant && (kind.starts_with("statement") || kind.starts_with("query")) => {
                records.push(record(block, first, &head));
            }
            _ => {}
        }
    }
    records
}

fn record<'a>(block: &'a str, line: usize, head: &[&'a str]) -> Record<'a> {
    let kind = head.last().copied().unwrap_or_default();
    let from = block.find(kind).unwrap_or_default();
    let body = block[from..].split_once('\n').map_or("", |(_, body)| body);
    let (sql, results) = body.split_once("----").unwrap_or((body, ""));
    let words: Vec<&str> = kind.split_whitespace().collect();
    let expected = match words.as_slice() {
        ["statement", "error", ..] => Expected::Fails,
        ["query", types, rest @ ..] => {
            let sort = match rest.first() {
                Some(&"rowsort") => Sort::Rows,
                Some(&"valuesort") => Sort::Values,
                _ => Sort::None,
            };
            let results = results.trim_start_matches(|c| c != '\n').lines().skip(1).map(str::to_owned).collect();
            Expected::Rows { types, sort, results }
        }
        _ => Expected::Works,
    };
    Record { line, head: head.join("\n"), sql: sql.trim_end(), expected }
}

impl Record<'_> {
    /// The record with these results in place of its own.
    pub(super) fn with_results(&self, answer: Result<Vec<String>, String>) -> String {
        let text = format!("\n\n{}\n{}\n", self.head, self.sql);
        match (&self.expected, answer) {
            (Expected::Rows { .. }, Ok(values)) => {
                format!("{text}----\n{}", values.join("\n")).trim_end().to_owned() + "\n"
            }
            (Expected::Works, Ok(_)) | (Expected::Fails, Err(_)) => text,
            (_, Ok(_)) => panic!("line {} works", self.line),
            (_, Err(error)) => panic!("line {} fails: {error}", self.line),
        }
    }
}

#[test]
fn records_for_other_databases_are_left_out() {
    let text = "hash-threshold 8\n\nonlyif mssql # no\nhalt\n\nskipif sqlite\nstatement ok\nA\n\nonlyif sqlite\n\
                query IT rowsort label-1\nSELECT 1,\n 2\n----\n1\n2\n\nstatement error\nB\n\nhalt\n\nstatement ok\nC";
    let records = read(text);
    assert_eq!(
        records.iter().map(|record| (record.line, record.sql)).collect::<Vec<_>>(),
        [(10, "SELECT 1,\n 2"), (18, "B")]
    );
    assert!(
        matches!(&records[0].expected, Expected::Rows { types: "IT", sort: Sort::Rows, results } if results == &["1", "2"])
    );
    assert!(matches!(records[1].expected, Expected::Fails));
}
