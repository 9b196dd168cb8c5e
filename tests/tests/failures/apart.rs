//! A test that runs in a process of its own, whose machine can be made to fail: a small disk, a folder that can't be written, limits of
//! the process.

use std::fmt::Display;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use do_runtime::prelude::*;
use tracing_subscriber::fmt::MakeWriter;

/// The folder of the process of its own: where this is set, the test is that process.
const FOLDER: &str = "DO_FAILURES_FOLDER";

/// None of them takes a tenth of that.
const HANGS: Duration = Duration::from_secs(240);

/// How the process is kept apart.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Confined {
    /// A process of its own, no more.
    Alone,
    /// What is written beyond a limit of files is an error, not the end of the process.
    Unsignalled,
    /// The folder is a disk of so many MiB.
    SmallDisk(u32),
    /// The folder is mounted so that it can only be read.
    ReadOnly,
    /// Permissions count, for root too.
    Unprivileged,
}

impl Confined {
    /// The command before the program, as a script that runs `"$@"` with the folder in `$F`; nothing where it is not needed.
    fn script(self) -> &'static str {
        match self {
            Confined::Alone => r#"exec "$@""#,
            Confined::Unsignalled => r#"trap '' XFSZ; exec "$@""#,
            Confined::SmallDisk(_) => r#"mount -t tmpfs -o size="$M"m tmpfs "$F" && exec "$@""#,
            Confined::ReadOnly => r#"mount --bind "$F" "$F" && mount -o remount,bind,ro "$F" && exec "$@""#,
            Confined::Unprivileged if rustix::process::geteuid().is_root() => {
                r#"exec setpriv --bounding-set=-dac_override,-dac_read_search -- "$@""#
            }
            Confined::Unprivileged => r#"exec "$@""#,
        }
    }

    /// How mounts of its own are had: as root, or as root of a space of its own. The first that works here.
    fn command(self, folder: &Path) -> Option<Command> {
        let ways: &[&[&str]] = match self {
            Confined::SmallDisk(_) | Confined::ReadOnly => &[&["unshare", "-m"], &["unshare", "-r", "-m"]],
            _ => &[&["env"]],
        };
        let make = |way: &&[&str]| {
            let mut command = Command::new(way[0]);
            command.args(&way[1..]).args(["sh", "-c", self.script(), "sh"]).env("F", folder);
            if let Confined::SmallDisk(size) = self {
                command.env("M", size.to_string());
            }
            command
        };
        let works = |way: &&&[&str]| {
            let tried = make(way).arg("true").stderr(Stdio::null()).stdout(Stdio::null()).status();
            tried.is_ok_and(|status| status.success())
        };
        ways.iter().find(works).map(make)
    }
}

/// Runs `before` here, then `body` in a process of its own, then `after` here; each with the folder. Where the machine does not allow it,
/// a line says so, and the answer is that it was not run.
pub(crate) fn apart(
    name: &str,
    confined: Confined,
    before: impl AsyncFnOnce(PathBuf) -> Result,
    body: impl AsyncFnOnce(PathBuf) -> Result,
    after: impl AsyncFnOnce(PathBuf) -> Result,
) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return runtime().block_on(body(folder.into())).expect("the calls succeed");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder can be made");
    runtime().block_on(before(data.clone())).expect("the calls before succeed");
    let Some(mut command) = confined.command(&data) else {
        eprintln!("{name} was not run: this machine does not allow {confined:?}");
        return;
    };
    let process = command
        .arg(std::env::current_exe().expect("this program has a path"))
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(FOLDER, &data)
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the process can be started");
    let (ended, words) = end_of(process);
    assert!(ended, "the process of its own failed or did not end:\n{words}");
    eprintln!("{words}");
    assert!(words.contains("1 passed"), "the process of its own ran no test:\n{words}");
    runtime().block_on(after(data)).expect("the calls after succeed");
}

/// Nothing to do before or after.
pub(crate) async fn nothing(_: PathBuf) -> Result {
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

/// Whether a process ended well and in time, and what it said.
fn end_of(mut process: Child) -> (bool, String) {
    let mut out = process.stdout.take().expect("its output is piped");
    let mut err = process.stderr.take().expect("its errors are piped");
    let reader = |mut from: Box<dyn Read + Send>| {
        std::thread::spawn(move || {
            let mut words = Vec::new();
            let _ = from.read_to_end(&mut words);
            String::from_utf8_lossy(&words).into_owned()
        })
    };
    let _ = (&mut out, &mut err);
    let (out, err) = (reader(Box::new(out)), reader(Box::new(err)));
    let begun = Instant::now();
    let status = loop {
        match process.try_wait().expect("a process can be asked") {
            Some(status) => break Some(status),
            None if begun.elapsed() > HANGS => {
                let _ = process.kill();
                let _ = process.wait();
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    let words = [out.join().expect("no panic"), err.join().expect("no panic")].concat();
    (status.is_some_and(|status| status.success()), format!("{words}\n{status:?}"))
}

/// The lines that this process logs, of all its threads.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// From now on. Once a process.
    pub(crate) fn listen() -> Self {
        let lines = Lines::default();
        tracing_subscriber::fmt()
            .with_writer(lines.clone())
            .with_ansi(false)
            .with_max_level(tracing::Level::WARN)
            .try_init()
            .expect("nobody else listens in this process");
        lines
    }

    /// The first line that has these words.
    pub(crate) fn with(&self, words: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned();
        text.lines().find(|line| line.contains(words)).map(str::to_owned)
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().map_err(|_| std::io::ErrorKind::Other)?.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Lines;

    fn make_writer(&'a self) -> Lines {
        self.clone()
    }
}

/// Asks again and again until there is an answer, for a minute at most; what it said instead at last is told.
pub(crate) async fn within<T, E: Display>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        let said = match ask().await {
            Ok(answer) => return answer,
            Err(said) => said,
        };
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not within a minute: {said}");
        tokio::task::yield_now().await;
    }
}
