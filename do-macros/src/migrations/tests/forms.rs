//! What may be written, and what is made of it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::migrations::parse::steps_beside;
use crate::migrations::{Step, StepKind, constant};
use crate::problems::Problems;

fn read(tokens: TokenStream) -> (Vec<Step>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    std::fs::create_dir(folder.path().join("migrations")).expect("a folder can be made");
    std::fs::write(folder.path().join("migrations/2.sql"), "CREATE TABLE b (x ANY) STRICT;")
        .expect("it can be written");
    std::fs::write(folder.path().join("migrations/empty.sql"), "\n").expect("it can be written");
    let mut problems = Problems::default();
    let steps = steps_beside(folder.path(), tokens, &mut problems);
    let sentences = problems.sentences().into_iter();
    let place = folder.path().display().to_string();
    (steps, sentences.map(|sentence| sentence.replace(&place, "<crate>")).collect())
}

#[test]
fn a_step_is_a_text_a_file_or_a_function() {
    let (steps, problems) = read(quote! {
        1 = r#"
            CREATE TABLE a (x ANY) STRICT;
        "#,
        2 = file("migrations/2.sql"),
        3 = backfill(crate::fill),
    });
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(steps.iter().map(|step| step.version).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(matches!(&steps[0].kind, StepKind::Sql { text, .. } if text.contains("CREATE TABLE a")));
    assert!(matches!(&steps[1].kind, StepKind::File { text, .. } if text.starts_with("CREATE TABLE b")));
    assert!(matches!(&steps[2].kind, StepKind::Backfill(function) if function.segments.len() == 2));
}

#[test]
fn steps_become_a_constant_that_the_compiler_reads_files_for() {
    let (steps, _) = read(quote!(1 = "SELECT 1", 2 = file("migrations/2.sql"), 3 = backfill(fill)));
    let expected = quote! {
        const MIGRATIONS: &'static [::do_runtime::__private::Migration<Self>] = &[
            ::do_runtime::__private::Migration { version: 1, step: ::do_runtime::__private::Step::Sql(r#"SELECT 1"#) },
            ::do_runtime::__private::Migration {
                version: 2,
                step: ::do_runtime::__private::Step::Sql(::core::include_str!(::core::concat!(
                    ::core::env!("CARGO_MANIFEST_DIR"),
                    "/migrations/2.sql"
                )))
            },
            ::do_runtime::__private::Migration {
                version: 3,
                step: ::do_runtime::__private::Step::Backfill { name: "fill", run: fill }
            }
        ];
    };
    assert_eq!(constant(&steps).to_string(), expected.to_string());
}

#[test]
fn each_mistake_says_what_to_write() {
    let (steps, problems) = read(quote! {
        0 = "SELECT 1",
        one = "SELECT 1",
        4 = "SELECT 1",
        4 = "  ",
        5 => "SELECT 1",
        6 = flie("migrations/2.sql"),
        7 = file("migrations/9.sql"),
        8 = file(migrations),
        9 = backfill(),
        10 = 3,
        11 "SELECT 1",
        12 = file,
        13 = "a" "b",
        14 = file("migrations/empty.sql"),
        15,
        16 = file("/migrations/2.sql"),
    });
    assert_eq!(
        problems,
        [
            "migrations count 1, 2, 3, …: write 1 here",
            "a step begins with its number: write `2 = \"…\"`",
            "migrations count 1, 2, 3, …: write 3 here",
            "this step is empty: write its SQL",
            "write `=` between the number and the step instead of `=>`",
            "there is no step `flie(…)`: did you mean `file`?",
            "there is no file <crate>/migrations/9.sql: the path is relative to the folder of the crate's Cargo.toml",
            "write the file's path as a text: `file(\"migrations/1.sql\")`",
            "write the name of a function: `backfill(function)`",
            "a step is a text, `file(\"migrations/1.sql\")` or `backfill(function)`",
            "write `11 = ` and then a text, `file(\"migrations/1.sql\")` or `backfill(function)`",
            "write the file's path in parentheses: `file(\"migrations/1.sql\")`",
            "write a comma between two steps",
            "this file is empty: write the step's SQL in it",
            "write `15 = ` and then a text, `file(\"migrations/1.sql\")` or `backfill(function)`",
            "write the path relative to the folder of the crate's Cargo.toml",
        ]
    );
    assert!(steps.is_empty());
}
