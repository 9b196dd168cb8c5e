//! Running a campaign: some tests of a program, with or without a defect.

use std::fmt;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::programs::{Program, Programs};

/// How long a campaign may take that finds nothing.
const LONGEST: Duration = Duration::from_secs(300);

/// With a defect a campaign hangs if it takes so much longer than it did without, and some more: others use the machine too.
const SLOWER: u32 = 5;
const MORE: Duration = Duration::from_secs(10);

/// Tests of a program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Campaign {
    /// The program.
    pub(crate) program: Program,
    /// A part of the names of its tests; all of them, if it is empty.
    pub(crate) filter: &'static str,
}

/// What has come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All tests passed.
    Passed,
    /// A test failed; its name.
    Failed(String),
    /// It did not end in time.
    Hung,
    /// It ended, and did not say which test failed: what it ended with.
    Broke(String),
}

impl fmt::Display for Campaign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program)?;
        if self.filter.is_empty() { Ok(()) } else { write!(f, " {}", self.filter) }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed => f.write_str("passed"),
            Outcome::Failed(test) => write!(f, "{test} failed"),
            Outcome::Hung => f.write_str("does not end"),
            Outcome::Broke(how) => write!(f, "broke off: {how}"),
        }
    }
}

impl Campaign {
    /// Runs it with nothing planted; and how long that took.
    pub(crate) fn run(&self, programs: &Programs) -> (Outcome, Duration) {
        let begun = Instant::now();
        (self.run_within(LONGEST, programs, ""), begun.elapsed())
    }

    /// Runs it with a defect, to its end or to the first test that fails. `usual` is how long it takes without.
    pub(crate) fn run_with(&self, defect: &str, programs: &Programs, usual: Duration) -> Outcome {
        self.run_within(usual * SLOWER + MORE, programs, defect)
    }

    fn run_within(&self, limit: Duration, programs: &Programs, defect: &str) -> Outcome {
        let built = programs.of(&self.program);
        let mut child = Command::new(&built.executable)
            .args([self.filter, "--test-threads=1"].iter().filter(|argument| !argument.is_empty()))
            .current_dir(&built.folder)
            .env("DO_PLANTED", defect)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", built.executable.display()));
        let out = child.stdout.take().expect("its output is piped");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            // Nobody listens any more once a test has failed.
            let _ = BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
        });
        let until = Instant::now() + limit;
        let mut said = String::new();
        let ended = loop {
            match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => match failed(&line) {
                    Some(test) => break Some(Outcome::Failed(test.to_owned())),
                    None => said = line,
                },
                Err(RecvTimeoutError::Timeout) => break Some(Outcome::Hung),
                Err(RecvTimeoutError::Disconnected) => break None,
            }
        };
        if ended.is_some() {
            end(&child);
        }
        let status =
            child.wait().unwrap_or_else(|error| panic!("{} is not waited for: {error}", built.executable.display()));
        ended.unwrap_or(match status.success() {
            true => Outcome::Passed,
            false => Outcome::Broke(format!("{status}, after {said:?}")),
        })
    }
}

/// The test that a line of the output says has failed.
fn failed(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// Ends a campaign, and what it has started.
fn end(child: &Child) {
    let group = format!("-{}", child.id());
    // If it has just ended by itself there is nobody to tell.
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_told_by_its_line() {
        assert_eq!(failed("test journal::tests::crash::a ... FAILED"), Some("journal::tests::crash::a"));
        for line in ["test journal::tests::crash::a ... ok", "test result: FAILED. 1 passed", ""] {
            assert_eq!(failed(line), None, "{line}");
        }
    }
}
