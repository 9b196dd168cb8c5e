//! Pasting what was proposed ends the error, for schemas that nobody thought of.

use super::support::try_paste;

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits fit") % end
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const TYPES: [(&str, &[&str], &[&str]); 5] = [
    (
        "INTEGER",
        &["", "", " DEFAULT 3", " DEFAULT (1 + 1)"],
        &["", "", " CHECK (@ > 0)", " CHECK (@ IN (1, 2, 3) OR @ > 50)"],
    ),
    ("TEXT", &["", "", " DEFAULT 'open'"], &["", "", " CHECK (@ <> '')", " CHECK (length(@) > 2)"]),
    ("REAL", &["", " DEFAULT -1.5"], &["", " CHECK (@ < 1e9)"]),
    ("BLOB", &["", " DEFAULT x'00'"], &[""]),
    ("ANY", &["", ""], &[""]),
];

/// A table whose names come from a small pool, so that two of them have some in common.
fn table(name: &str, numbers: &mut Numbers, parent: Option<&str>) -> String {
    let mut lines = vec![format!("{} INTEGER PRIMARY KEY", numbers.of(&["id", "id", "id", "number"]))];
    let mut columns = Vec::new();
    for column in ["author", "body", "\"group\"", "at", "size"] {
        if numbers.below(3) == 0 {
            continue;
        }
        let (ty, defaults, checks) = TYPES[numbers.below(TYPES.len())];
        let not_null = numbers.of(&["", " NOT NULL"]);
        let (default, check) = (numbers.of(defaults), numbers.of(checks).replace('@', column));
        lines.push(format!("{column} {ty}{not_null}{default}{check}"));
        columns.push(column);
    }
    if let Some(parent) = parent.filter(|_| numbers.below(2) == 0) {
        let (not_null, rule) = (numbers.of(&["", " NOT NULL"]), numbers.of(&["", " ON DELETE CASCADE"]));
        lines.push(format!("parent INTEGER{not_null} REFERENCES {parent}{rule}"));
    }
    let mut sql = format!("CREATE TABLE {name} (\n    {}\n) STRICT;\n", lines.join(",\n    "));
    for (number, column) in columns.iter().enumerate() {
        let (unique, order) = (numbers.of(&["", "", "UNIQUE "]), numbers.of(&["", " DESC"]));
        if numbers.below(3) == 0 {
            let filter = numbers.of(&["", " WHERE @ IS NOT NULL"]).replace('@', column);
            sql += &format!("CREATE {unique}INDEX {name}_{number} ON {name} ({column}{order}){filter};\n");
        }
    }
    sql
}

fn schema(numbers: &mut Numbers) -> String {
    let mut sql = table("room", numbers, None);
    if numbers.below(3) > 0 {
        sql += &table("message", numbers, Some("room"));
    }
    sql
}

#[test]
fn each_schema_becomes_another() {
    let mut numbers = Numbers(7);
    let mut failures = Vec::new();
    for _ in 0..150 {
        let (old, declared) = (schema(&mut numbers), schema(&mut numbers));
        match try_paste(&declared, &[&old]) {
            Err(reason) if reason != "there is no difference" => {
                failures.push(format!("from {old}to {declared}{reason}"))
            }
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{} of 150\n{}", failures.len(), failures.join("\n\n"));
}
