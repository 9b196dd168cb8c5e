//! What `sql!` adds to a build: a crate with queries, beside the same crate with `cx.sql_unchecked`.
//!
//! `compile-cost [ROUNDS]`: each figure is the best of so many runs of `cargo check` after the file was touched, 3 unless it
//! is said. Nothing but the crate with the queries is compiled in a run that is measured.

#![allow(clippy::print_stdout)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use do_runtime::prelude::*;

/// How many tables the object has.
const TABLES: [usize; 2] = [2, 20];

/// How many queries there are.
const QUERIES: [usize; 3] = [0, 50, 300];

/// Queries of one impl block.
const BLOCK: usize = 50;

/// How a query is written.
#[derive(Clone, Copy)]
enum Kind {
    Checked,
    Unchecked,
}

fn main() -> Result {
    let rounds = match std::env::args().nth(1) {
        Some(text) => text.parse().or_invalid()?,
        None => 3,
    };
    let folder = tempfile::tempdir().context("there is no room for temporary files")?;
    let lab = Lab::new(folder.path())?;
    println!("tables  queries  sql! (ms)  sql_unchecked (ms)  added (ms)  added a query (ms)");
    for tables in TABLES {
        for queries in QUERIES {
            let checked = lab.measure(&program(tables, queries, Kind::Checked), rounds)?;
            let unchecked = lab.measure(&program(tables, queries, Kind::Unchecked), rounds)?;
            let (checked, unchecked) = (checked.as_secs_f64() * 1e3, unchecked.as_secs_f64() * 1e3);
            let added = checked - unchecked;
            let each = if queries == 0 { String::new() } else { format!("{:.2}", added / queries as f64) };
            println!("{tables:>6}  {queries:>7}  {checked:>9.0}  {unchecked:>18.0}  {added:>10.0}  {each:>18}");
        }
    }
    Ok(())
}

/// The folder of the crate that is compiled.
struct Lab {
    source: PathBuf,
    manifest: PathBuf,
    target: PathBuf,
}

impl Lab {
    fn new(folder: &Path) -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("this crate is in a workspace")?;
        let text = format!(
            "[package]\nname = \"compile-cost-subject\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             do-runtime = {{ path = {:?} }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\n\
             [profile.dev.package.libsqlite3-sys]\nopt-level = 1\n\n[workspace]\n",
            workspace.join("do-runtime")
        );
        let lab = Lab {
            source: folder.join("src/lib.rs"),
            manifest: folder.join("Cargo.toml"),
            target: folder.join("target"),
        };
        fs::create_dir_all(folder.join("src")).context("a folder can't be made")?;
        fs::write(&lab.manifest, text).context("a file can't be written")?;
        // The same versions as here, without asking a registry.
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).context("the lock file can't be copied")?;
        Ok(lab)
    }

    /// The best time of a build in which all but this program is compiled already.
    fn measure(&self, program: &str, rounds: u32) -> Result<Duration> {
        fs::write(&self.source, program).context("a file can't be written")?;
        self.check()?;
        let mut best = Duration::MAX;
        for _ in 0..rounds {
            let file = fs::File::options().append(true).open(&self.source).context("a file can't be opened")?;
            file.set_modified(SystemTime::now()).context("a file can't be touched")?;
            best = best.min(self.check()?);
        }
        Ok(best)
    }

    fn check(&self) -> Result<Duration> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["check", "--quiet", "--offline", "--manifest-path"]).arg(&self.manifest);
        // Incremental, as a build of one's own crate is.
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "1");
        let begin = Instant::now();
        let output = command.output().context("cargo can't be run")?;
        let took = begin.elapsed();
        ensure!(output.status.success(), "the program does not compile:\n{}", String::from_utf8_lossy(&output.stderr));
        Ok(took)
    }
}

/// A crate with an object of so many tables and queries.
fn program(tables: usize, queries: usize, kind: Kind) -> String {
    let mut text = "//! Generated.\n\nuse do_runtime::prelude::*;\nuse serde::{Deserialize, Serialize};\n".to_owned();
    for table in 0..tables {
        let _ = write!(
            text,
            "\n/// A table.\n#[table(index = (author, at desc))]\n#[derive(Debug, Clone, Serialize, Deserialize)]\n\
             pub struct Line{table} {{\n    #[key]\n    pub id: Id<Line{table}>,\n    pub author: String,\n    \
             pub body: Option<String>,\n    pub size: i64,\n    pub at: Timestamp,\n}}\n"
        );
    }
    let names: Vec<String> = (0..tables).map(|table| format!("Line{table}")).collect();
    let _ = write!(text, "\n/// An object.\n#[durable_object(tables({}))]\npub struct Log;\n", names.join(", "));
    text.push_str(
        "\n#[durable_object]\nimpl Log {\n    #[rpc]\n    fn nothing(&self) -> Result {\n        Ok(())\n    }\n}\n",
    );
    for begin in (0..queries).step_by(BLOCK) {
        text.push_str("\n#[durable_object(helpers)]\nimpl Log {\n");
        for number in begin..(begin + BLOCK).min(queries) {
            text.push_str(&method(number, number % tables, kind));
        }
        text.push_str("}\n");
    }
    text
}

/// One query of four kinds: rows of a table, a tuple, a single value, a write.
fn method(number: usize, table: usize, kind: Kind) -> String {
    let (mutable, row, sql, names, ask) = match number % 4 {
        0 => (
            "",
            format!("Line{table}"),
            format!("SELECT * FROM line{table} WHERE author = :author ORDER BY at DESC LIMIT :limit"),
            ["author", "limit"],
            "all",
        ),
        1 => (
            "",
            "(i64, Option<String>)".to_owned(),
            format!("SELECT size, body FROM line{table} WHERE author = :author AND size > :limit ORDER BY id"),
            ["author", "limit"],
            "all",
        ),
        2 => (
            "",
            "i64".to_owned(),
            format!("SELECT count(*) FROM line{table} WHERE author = :author AND size < :limit"),
            ["author", "limit"],
            "one",
        ),
        _ => (
            "mut ",
            "()".to_owned(),
            format!("UPDATE line{table} SET size = size + :limit WHERE author = :author"),
            ["limit", "author"],
            "run",
        ),
    };
    let call = match kind {
        Kind::Checked => format!("sql!(cx, {row}, \"{sql}\")"),
        Kind::Unchecked => {
            let [first, second] = names;
            format!("cx.sql_unchecked::<{row}>(\"{sql}\", do_runtime::named![{first} = {first}, {second} = {second}])")
        }
    };
    let answer = match ask {
        "all" => format!("Vec<{row}>"),
        "run" => "u64".to_owned(),
        _ => row,
    };
    format!(
        "    /// Query {number}.\n    pub fn query_{number}(&{mutable}self, cx: &{mutable}Cx<Self>, author: &str, limit: i64) \
         -> Result<{answer}> {{\n        {call}.{ask}()\n    }}\n"
    )
}
