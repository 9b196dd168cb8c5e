//! The page in a real browser: `web/test/page.mjs`. Without Chromium or Node it is not tried, which is told.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// How `web/test/run` says that something is missing on this machine.
const SKIPPED: i32 = 77;

#[test]
fn two_pages_show_one_tree_over_a_server_that_is_killed() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("web/test/run");
    let driver = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fleet-page");
    let ran = Command::new("bash").arg(script).arg(env!("CARGO_BIN_EXE_fleet")).arg(driver).output();
    let output = match ran {
        Ok(output) => output,
        Err(error) => return skipped(&format!("there is no bash: {error}")),
    };
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(SKIPPED) => skipped(&told),
        _ => assert!(output.status.success(), "{told}"),
    }
}

/// Says so, also where the output of tests that pass is not shown.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: the page is not tried: {why}");
}
