//! The tours: what a program shows when it is run without a word. One that was killed in the middle ends well when it is run again.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use fastrand::Rng;

use crate::process::{run, start};
use crate::programs::Programs;

/// How long a program may be there that a tour has started, and how long to wait between two looks.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

/// Runs a tour, kills it at a random moment within its first so many milliseconds, and runs it again, to its end.
///
/// # Errors
/// A sentence, if that does not end with exit code 0.
pub fn interrupt(programs: &Programs, name: &str, within: u64, random: &mut Rng) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("there is no temporary folder: {error}"))?;
    let mut first = tour(programs, name, folder.path());
    let first = first.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = start(first).map_err(|error| format!("{name}: {error}"))?;
    std::thread::sleep(Duration::from_micros(random.u64(0..within * 1_000)));
    let ended = child.kill().and_then(|()| child.wait()).map_err(|error| format!("{name}: {error}"))?;
    // One that was over already has ended well, or not.
    if ended.code().is_some_and(|code| code != 0) {
        return Err(format!("{name}: the first tour ended with {ended}"));
    }
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        let second = run(&mut tour(programs, name, folder.path())).map_err(|error| format!("{name}: {error}"))?;
        if second.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&second.stderr);
        // A program that the first tour had started may still be there: who meets it is told so, and comes again.
        if !said.contains("is open in process") {
            return Err(format!("{name}: after a kill the tour ended with {}: {}", second.status, said.trim()));
        }
        std::thread::sleep(LOOK);
    }
    Err(format!("{name}: somebody has the folder, long after the tour was killed"))
}

fn tour(programs: &Programs, name: &str, folder: &Path) -> Command {
    let mut tour = Command::new(programs.path(name));
    tour.current_dir(folder).stdin(Stdio::null());
    tour
}
