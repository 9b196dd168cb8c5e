//! The pages of the examples in a real browser: people at pages of their own, and a server that is killed between them.
//!
//! An example has its steps in `tests/page.mjs`; `harness.mjs` says what these are given. The driver of the browser comes
//! from npm, once for all examples, beneath `target`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The names that Chromium goes by.
const BROWSERS: [&str; 3] = ["chromium", "google-chrome", "chromium-browser"];

/// What npm installs.
const WANTED: &str = include_str!("../package.json");

/// Takes the steps of a page, in a file below the package that is tested, with a program that serves the page. With a
/// folder in `PAGE_PICTURES`, pictures of the page are left there.
///
/// Without Chromium or Node nothing is tried, which is told on standard error.
///
/// # Panics
///
/// If a step fails, with what the pages showed then.
pub fn try_page(steps: &str, program: &str) {
    let driver = Path::new(program).with_file_name("browser-driver");
    let browser = match browser().and_then(|browser| install(&driver).map(|()| browser)) {
        Ok(browser) => browser,
        Err(why) => return skipped(&why),
    };
    let harness = concat!(env!("CARGO_MANIFEST_DIR"), "/harness.mjs");
    let run = Command::new("node").args([harness, steps, program]).arg(browser).arg(driver).output();
    match run {
        Ok(run) if run.status.success() => {}
        Ok(run) => panic!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr)),
        Err(error) => skipped(&format!("Node can't be run: {error}")),
    }
}

/// Says so, also where the output of tests that pass is not shown.
fn skipped(why: &str) {
    let _ = writeln!(io::stderr(), "SKIPPED: the page is not tried: {why}");
}

/// Where Chromium is.
fn browser() -> Result<PathBuf, String> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let places = BROWSERS.iter().flat_map(|name| std::env::split_paths(&folders).map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file()).ok_or_else(|| "there is no Chromium".to_owned())
}

/// Puts the driver into a folder, unless it is there. Tests that run at once wait here for the first of them.
fn install(folder: &Path) -> Result<(), String> {
    let installed = folder.join("installed.json");
    let cannot = |error: io::Error| format!("the driver can't be put into {}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(cannot)?;
    let turn = File::create(folder.join("lock")).map_err(cannot)?;
    turn.lock().map_err(cannot)?;
    if fs::read_to_string(&installed).is_ok_and(|there| there == WANTED) {
        return Ok(());
    }
    fs::write(folder.join("package.json"), WANTED).map_err(cannot)?;
    let npm = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"])
        .current_dir(folder)
        .output()
        .map_err(|error| format!("npm can't be run: {error}"))?;
    if !npm.status.success() {
        return Err(format!("npm could not install the driver: {}", String::from_utf8_lossy(&npm.stderr)));
    }
    fs::write(installed, WANTED).map_err(cannot)
}
