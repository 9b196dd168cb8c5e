//! Versions of one program over one folder: forwards with all data, never backwards, and whole or not at all.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const V1: &str = env!("CARGO_BIN_EXE_v1");
const V2: &str = env!("CARGO_BIN_EXE_v2");
const V3: &str = env!("CARGO_BIN_EXE_v3");
const CHANGED: &str = env!("CARGO_BIN_EXE_changed");

/// What a version answers, or its error.
fn run(version: &str, folder: &Path, arguments: &[&str]) -> Result<Vec<String>, String> {
    let output = Command::new(version).arg(folder).args(arguments).output().expect("it can be started");
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
    if output.status.success() { Ok(lines(&output.stdout)) } else { Err(lines(&output.stderr).join("\n")) }
}

#[track_caller]
fn answer(version: &str, folder: &Path, arguments: &[&str]) -> Vec<String> {
    run(version, folder, arguments).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn refusal(version: &str, folder: &Path, arguments: &[&str]) -> String {
    run(version, folder, arguments).expect_err("it is refused")
}

#[test]
fn each_version_goes_on_with_what_the_former_wrote() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    answer(V1, folder, &["add", "ann", "a red apple"]);
    answer(V1, folder, &["add", "bob", "a pear"]);

    assert_eq!(answer(V2, folder, &["notes"]), ["ann: a red apple (11)", "bob: a pear (6)"]);
    assert_eq!(answer(V2, folder, &["find", "pear"]), ["a pear"]);
    answer(V2, folder, &["add", "ann", "a plum"]);

    let notes = ["ann: a red apple (11)", "bob: a pear (6)", "ann: a plum (6)"];
    assert_eq!(answer(V3, folder, &["notes"]), notes);
    assert_eq!(answer(V3, folder, &["find", "plum"]), ["a plum"], "full text follows a table that was made anew");
    answer(V3, folder, &["add", "cleo", "a quince"]);
    assert_eq!(answer(V3, folder, &["find", "quince"]), ["a quince"], "and so do its triggers");
    assert_eq!(answer(V3, folder, &["notes"]).len(), 4);
}

#[test]
fn versions_may_be_skipped_and_new_objects_begin_at_the_last() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    answer(V1, folder.path(), &["add", "ann", "a red apple"]);
    assert_eq!(answer(V3, folder.path(), &["notes"]), ["ann: a red apple (11)"]);

    let folder = tempfile::tempdir().expect("a temporary folder");
    answer(V3, folder.path(), &["add", "ann", "a red apple"]);
    assert_eq!(answer(V3, folder.path(), &["find", "apple"]), ["a red apple"]);
}

#[test]
fn older_versions_and_changed_steps_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    answer(V1, folder, &["add", "ann", "a red apple"]);
    let changed = refusal(CHANGED, folder, &["notes"]);
    assert!(changed.contains("step 1 of its migrations was changed after the object ran it"), "{changed}");
    answer(V3, folder, &["notes"]);

    for (version, knows) in [(V1, "this program knows 1"), (V2, "this program knows 3")] {
        let refused = refusal(version, folder, &["add", "bob", "lost"]);
        let wanted = ["\"lobby\"", "newer program", "4 steps of its migrations", knows];
        assert!(wanted.iter().all(|wanted| refused.contains(wanted)), "{refused}");
    }
    assert_eq!(answer(V3, folder, &["notes"]), ["ann: a red apple (11)"]);
}

#[test]
fn a_process_that_is_killed_while_it_migrates_leaves_the_former_or_the_new_tables() {
    let first = tempfile::tempdir().expect("a temporary folder");
    answer(V1, first.path(), &["fill", "2500"]);
    let whole = answer(V1, first.path(), &["check"]);
    let begun = Instant::now();
    let unharmed = copy(first.path());
    assert_eq!(answer(V3, unharmed.path(), &["check"]), whole);
    let length = begun.elapsed();

    let (mut before, mut after) = (0, 0);
    for kill in 0..5_u32 {
        let folder = copy(first.path());
        // Again over what the former kill left, as somebody would who tries it again.
        for _ in 0..2 {
            kill_after(V3, folder.path(), length.mul_f64(random()));
        }
        match run(V1, folder.path(), &["check"]) {
            Ok(lines) => {
                assert_eq!(lines, whole, "kill {kill}: it is as before");
                before += 1;
            }
            Err(error) => {
                assert!(error.contains("newer program"), "kill {kill}: {error}");
                after += 1;
            }
        }
        assert_eq!(answer(V3, folder.path(), &["check"]), whole, "kill {kill}: it goes on");
        assert_eq!(answer(V3, folder.path(), &["find", "number2499"]), ["note number2499"]);
    }
    eprintln!("{before} before, {after} after");
}

fn kill_after(version: &str, folder: &Path, delay: Duration) {
    let mut process = Command::new(version)
        .arg(folder)
        .arg("check")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it can be started");
    std::thread::sleep(delay);
    // SIGKILL, of a process that may have come to its end.
    process.kill().expect("it can be killed");
    process.wait().expect("it has ended");
}

/// A folder with the same files.
fn copy(from: &Path) -> tempfile::TempDir {
    fn into(from: &Path, to: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(from)? {
            let (entry, to) = (entry?, to);
            let to = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                std::fs::create_dir(&to)?;
                into(&entry.path(), &to)?;
            } else {
                std::fs::copy(entry.path(), &to)?;
            }
        }
        Ok(())
    }
    let to = tempfile::tempdir().expect("a temporary folder");
    into(from, to.path()).expect("it is copied");
    to
}

/// Between 0 and 1.
fn random() -> f64 {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).expect("random bytes");
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}
