//! Random SQL over a few tables, indexes, triggers and views, most of it valid. It uses what SQLite draws from nothing but the
//! database: no time, no randomness.

use super::SeededRandom;

const TABLES: u64 = 5;

/// Draws statements.
pub(super) struct Statements<'r> {
    random: &'r SeededRandom,
}

impl<'r> Statements<'r> {
    pub(super) fn new(random: &'r SeededRandom) -> Self {
        Statements { random }
    }

    fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    fn one_of<'a>(&self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn table(&self) -> String {
        format!("t{}", self.below(TABLES))
    }

    fn column(&self) -> &'static str {
        self.one_of(&["a", "b", "c", "d"])
    }

    fn key(&self) -> u64 {
        self.below(600)
    }

    /// The tables that the others refer to, so that a program begins with some.
    pub(super) fn first(&self) -> Vec<String> {
        let mut first: Vec<String> = (0..TABLES).map(|number| self.create_table(&format!("t{number}"))).collect();
        first.extend((0..4).map(|number| self.create_view(number)));
        first.push("CREATE VIRTUAL TABLE f0 USING fts5(x, y)".into());
        first
    }

    /// The next statement: a change of the schema, of rows, or a question.
    pub(super) fn next(&self) -> String {
        match self.below(100) {
            0..10 => self.schema(),
            10..44 => self.insert(),
            44..56 => self.update(),
            56..65 => self.delete(),
            65..73 => self.full_text(),
            _ => self.question(),
        }
    }

    fn schema(&self) -> String {
        let (table, column, number) = (self.table(), self.column(), self.below(4));
        match self.below(16) {
            0 | 1 => self.create_table(&table),
            2 if number == 0 => format!("DROP TABLE {table}"),
            2..5 => format!("CREATE {}INDEX i{number} ON {table} ({column}, a)", self.one_of(&["", "UNIQUE "])),
            5 => format!("CREATE INDEX i{number} ON {table} (length({column}), {column} DESC)"),
            6 => format!("CREATE UNIQUE INDEX i{number} ON {table} ({column}) WHERE typeof({column}) = 'integer'"),
            7 => format!("DROP INDEX i{number}"),
            8 | 9 => self.create_trigger(),
            10 => format!("DROP TRIGGER g{number}"),
            11 => match self.below(2) {
                0 => self.create_view(number),
                _ => format!("DROP VIEW v{number}"),
            },
            12 => match self.below(3) {
                0 => format!("ALTER TABLE {table} ADD COLUMN e{number} DEFAULT 'added {number}'"),
                1 => format!("ALTER TABLE {table} DROP COLUMN e{number}"),
                _ => format!("ALTER TABLE {table} ADD COLUMN h{number} AS (length(c) + 1)"),
            },
            13 if number == 0 => format!("ALTER TABLE {table} RENAME TO {}", self.table()),
            14 => match self.below(2) {
                0 => format!("ALTER TABLE {table} RENAME COLUMN d TO dd"),
                _ => format!("ALTER TABLE {table} RENAME COLUMN dd TO d"),
            },
            _ => self.one_of(&["ANALYZE t0", "ANALYZE t1", "ANALYZE t3", "REINDEX"]).into(),
        }
    }

    fn create_table(&self, table: &str) -> String {
        let other = self.table();
        let on = self.one_of(&["ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE", ""]);
        let deferred = self.one_of(&["", "DEFERRABLE INITIALLY DEFERRED"]);
        match self.below(8) {
            0 | 1 => format!("CREATE TABLE {table} (a INTEGER PRIMARY KEY, b, c TEXT, d)"),
            2 => {
                format!("CREATE TABLE {table} (a INTEGER PRIMARY KEY AUTOINCREMENT, b UNIQUE, c, d NOT NULL DEFAULT 5)")
            }
            3 => format!("CREATE TABLE {table} (a PRIMARY KEY, b, c TEXT, d) WITHOUT ROWID"),
            4 => format!("CREATE TABLE {table} (a INTEGER PRIMARY KEY, b ANY, c TEXT, d BLOB) STRICT"),
            5 => {
                format!("CREATE TABLE {table} (a INTEGER PRIMARY KEY, b REFERENCES {other} (a) {on} {deferred}, c, d)")
            }
            6 => format!(
                "CREATE TABLE {table} (a INTEGER PRIMARY KEY, b, c CHECK (length(c) < 3000), d, \
                 g AS (coalesce(length(c), 0)) STORED)"
            ),
            _ => format!("CREATE TABLE {table} (a TEXT COLLATE NOCASE UNIQUE ON CONFLICT REPLACE, b, c, d)"),
        }
    }

    fn create_view(&self, number: u64) -> String {
        let (table, column) = (self.table(), self.column());
        format!("CREATE VIEW v{number} AS SELECT a, {column} AS w FROM {table} WHERE length(c) > 3")
    }

    fn create_trigger(&self) -> String {
        let (number, table, other) = (self.below(4), self.table(), self.table());
        let answer = self.one_of(&["ABORT, 'refused'", "FAIL, 'stopped'", "IGNORE", "ROLLBACK, 'all undone'"]);
        match self.below(6) {
            0 => format!(
                "CREATE TRIGGER g{number} AFTER INSERT ON {table} BEGIN \
                 INSERT OR IGNORE INTO {other} (a, b) VALUES (new.a + 1000, new.b); END"
            ),
            1 => format!(
                "CREATE TRIGGER g{number} AFTER UPDATE OF b ON {table} BEGIN \
                 UPDATE {other} SET d = old.a WHERE a = new.a; END"
            ),
            2 => format!(
                "CREATE TRIGGER g{number} BEFORE DELETE ON {table} BEGIN DELETE FROM {other} WHERE a = old.a + 1; END"
            ),
            3 | 4 => format!(
                "CREATE TRIGGER g{number} BEFORE {} ON {table} WHEN new.a % 41 = 7 BEGIN SELECT RAISE({answer}); END",
                self.one_of(&["INSERT", "UPDATE"])
            ),
            _ => format!(
                "CREATE TRIGGER g{number} INSTEAD OF INSERT ON v{} BEGIN \
                 INSERT INTO {table} (a, c) VALUES (new.a, new.w); END",
                self.below(4)
            ),
        }
    }

    fn value(&self) -> String {
        let size = self.below(3_000);
        match self.below(24) {
            0 | 1 => "NULL".into(),
            2..8 => self.below(50).to_string(),
            8 | 9 => (self.random.next_u64() as i64 | 1).to_string(),
            10..14 => format!("'text {}'", self.below(200)),
            14 | 15 => format!("{}.{}", self.below(100), self.below(100)),
            16 | 17 => format!("x'{:016x}'", self.random.next_u64()),
            18 | 19 => format!("substr(replace(hex(zeroblob({size})), '0', 'abc{}'), 1, {size})", size % 7),
            20 | 21 => format!("zeroblob({size})"),
            22 => match self.below(8) {
                0 => format!("zeroblob({})", 200_000 + size * 50),
                1 => format!("printf('%.{}c', 'y')", size * 100),
                _ => format!("printf('%.{}c', 'z')", size * 8),
            },
            _ => format!("CAST(replace(hex(zeroblob({})), '0', 'q{size}') AS BLOB)", size * 4),
        }
    }

    fn insert(&self) -> String {
        let (table, or) = (self.table(), self.or());
        match self.below(12) {
            0..4 => {
                let rows: Vec<String> = (0..=self.below(3)).map(|_| self.row()).collect();
                format!("INSERT{or} INTO {table} (a, b, c, d) VALUES {}", rows.join(", "))
            }
            4..7 => {
                let (from, many) = (self.key(), 1 + self.below(250));
                let kind = self.one_of(&["i % 17", "i", "'k' || i", "zeroblob(i % 90)", "NULL"]);
                format!(
                    "INSERT{or} INTO {table} (a, b, c, d) WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL \
                     SELECT i + 1 FROM n WHERE i < {from} + {many}) SELECT i, {kind}, 'row ' || i || \
                     printf('%.*c', i % 113, 'x'), zeroblob(i % 200) FROM n"
                )
            }
            7 => format!(
                "INSERT{or} INTO {table} (a, b, c, d) SELECT a + {}, c, b, d FROM {} LIMIT {}",
                self.below(900),
                self.table(),
                self.below(120)
            ),
            8 | 9 => format!(
                "INSERT INTO {table} (a, b, c, d) VALUES {} ON CONFLICT (a) DO UPDATE SET b = excluded.b, d = {}",
                self.row(),
                self.value()
            ),
            10 => {
                format!("INSERT{or} INTO {table} (a, b, c, d) VALUES {} RETURNING a, typeof(b), length(c)", self.row())
            }
            _ => format!("INSERT INTO v{} (a, w) VALUES ({}, {})", self.below(4), self.key(), self.value()),
        }
    }

    fn or(&self) -> &'static str {
        self.one_of(&["", "", "", " OR IGNORE", " OR REPLACE", " OR FAIL", " OR ABORT", " OR ROLLBACK"])
    }

    fn row(&self) -> String {
        let key = if self.below(6) == 0 { "NULL".into() } else { self.key().to_string() };
        format!("({key}, {}, {}, {})", self.value(), self.value(), self.value())
    }

    fn update(&self) -> String {
        let (table, column, or) = (self.table(), self.one_of(&["b", "c", "d"]), self.or());
        match self.below(8) {
            0 => format!("UPDATE{or} {table} SET a = a + {} WHERE a > {}", self.below(500), self.key()),
            1 => format!(
                "UPDATE{or} {table} SET {column} = coalesce(s.b, 'none') FROM {} AS s WHERE {table}.a = s.a",
                self.table()
            ),
            2 => format!("UPDATE{or} {table} SET {column} = {} WHERE a = {} RETURNING a", self.value(), self.key()),
            3 => format!("UPDATE{or} {table} SET b = c, c = b WHERE a % 7 = {}", self.below(7)),
            _ => {
                let from = self.key();
                format!(
                    "UPDATE{or} {table} SET {column} = {} WHERE a BETWEEN {from} AND {}",
                    self.value(),
                    from + self.below(60)
                )
            }
        }
    }

    fn delete(&self) -> String {
        let (table, from) = (self.table(), self.key());
        match self.below(8) {
            0 => format!("DELETE FROM {table}"),
            1 => format!("DELETE FROM {table} WHERE length(b) > {}", self.below(200)),
            2 => format!("DELETE FROM {table} WHERE a IN (SELECT a FROM {} WHERE a > {from})", self.table()),
            3 => format!("DELETE FROM {table} WHERE a % 3 = {} RETURNING a, length(b)", self.below(3)),
            4 => format!("DELETE FROM {table} WHERE a >= {from}"),
            _ => format!("DELETE FROM {table} WHERE a BETWEEN {from} AND {}", from + self.below(80)),
        }
    }

    fn words(&self) -> String {
        (0..1 + self.below(12)).map(|_| format!("w{}", self.below(60))).collect::<Vec<_>>().join(" ")
    }

    fn full_text(&self) -> String {
        let (key, word) = (self.below(300), self.below(60));
        match self.below(14) {
            0..4 => format!("INSERT INTO f0 (rowid, x, y) VALUES ({key}, '{}', '{}')", self.words(), self.words()),
            4 => format!(
                "INSERT INTO f0 (x, y) SELECT 'w' || (a % 60) || ' w' || length(c), b FROM {} LIMIT 60",
                self.table()
            ),
            5 => format!("UPDATE f0 SET x = '{}' WHERE rowid = {key}", self.words()),
            6 => format!("DELETE FROM f0 WHERE rowid BETWEEN {key} AND {}", key + self.below(30)),
            7 => {
                let command = self.one_of(&["optimize", "rebuild", "integrity-check", "delete-all"]);
                format!("INSERT INTO f0 (f0) VALUES ('{command}')")
            }
            8 => self.one_of(&["DROP TABLE f0", "CREATE VIRTUAL TABLE f0 USING fts5(x, y, prefix = '2 3')"]).into(),
            9 | 10 => format!(
                "SELECT rowid, snippet(f0, 0, '[', ']', '…', 4) FROM f0 ('w{word} OR y:w3') ORDER BY rank LIMIT 9"
            ),
            11 => format!("SELECT count(*), sum(rowid) FROM f0 WHERE f0 MATCH 'w{}*'", word / 10),
            _ => "SELECT rowid, x, length(y) FROM f0 ORDER BY rowid DESC LIMIT 20".into(),
        }
    }

    fn question(&self) -> String {
        let (table, column, key) = (self.table(), self.column(), self.key());
        match self.below(14) {
            // More than a sorter keeps in memory.
            13 => format!(
                "SELECT count(*), max(w), min(w) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n \
                 WHERE i < 6000) SELECT printf('%.200c', 'x') || (i * 7919 % 30011) AS w FROM n ORDER BY w LIMIT -1 OFFSET {key}), \
                 (SELECT count(*) FROM {table})"
            ),
            0 | 1 => format!("SELECT count(*), total(length(b)), min(c), hex(max(d)), count(DISTINCT a) FROM {table}"),
            2 | 3 => format!(
                "SELECT a, quote(substr(b, 1, 30)), length(c), typeof(d) FROM {table} WHERE {column} > {} ORDER BY a LIMIT 40",
                self.value()
            ),
            4 => format!("SELECT typeof({column}), count(*), total(length(c)) FROM {table} GROUP BY 1 ORDER BY 2, 1"),
            5 => format!("SELECT count(*), sum(x.a) FROM {table} AS x JOIN {} AS y ON x.{column} = y.b", self.table()),
            6 => format!(
                "SELECT a, row_number() OVER (PARTITION BY typeof(b) ORDER BY {column}, a), length(c) FROM {table} LIMIT 60"
            ),
            7 => format!("SELECT count(*) FROM (SELECT DISTINCT c || b AS w FROM {table} ORDER BY d DESC, w)"),
            8 => format!("SELECT * FROM v{} ORDER BY 1, 2 LIMIT 15", self.below(4)),
            9 => format!("SELECT quote(a), quote(substr(c, -20)) FROM {table} WHERE a = {key}"),
            10 => format!("SELECT name, sql FROM sqlite_schema WHERE name LIKE '{table}%' OR tbl_name = '{table}'"),
            11 => format!("PRAGMA table_xinfo({table})"),
            _ => format!(
                "SELECT a FROM {table} UNION SELECT b FROM {} EXCEPT SELECT d FROM {} ORDER BY 1 DESC LIMIT 30",
                self.table(),
                self.table()
            ),
        }
    }
}
