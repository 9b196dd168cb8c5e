//! A server in a process of its own, which is killed and started again.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::net::TcpStream;

/// How long a program may take until it listens: on a busy machine, with much to recover.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long to wait between two looks whether it listens.
const LOOK: Duration = Duration::from_millis(5);

/// Held while a port is tried and while a program is started. Until it runs a program of its own a child has the sockets of its parent: a port that another test tries
/// at that moment would seem to be listened on.
static ALONE: Mutex<()> = Mutex::new(());

/// Starts a program. All of them are started here.
///
/// # Errors
/// As of `Command::spawn`.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    let _alone = ALONE.lock();
    command.spawn()
}

/// Runs a program to its end.
///
/// # Errors
/// As of `Command::output`.
pub(crate) fn run(command: &mut Command) -> io::Result<Output> {
    start(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?.wait_with_output()
}

/// A program that serves in a folder, through its lives.
#[derive(Debug)]
pub struct Process {
    program: PathBuf,
    folder: PathBuf,
    /// Where it listens, in each life.
    pub address: SocketAddr,
    said: Said,
    child: Option<Child>,
}

/// The lines that a program has printed, in all of its lives.
pub type Said = Arc<Mutex<Vec<String>>>;

impl Process {
    /// A program that has not been started yet, and a port that is free.
    ///
    /// # Errors
    /// A sentence, if there is no port.
    pub fn new(program: PathBuf, folder: &Path) -> Result<Self, String> {
        // Not one of those that the system gives to whoever connects: it would be gone while the program is down, and a connection to
        // it could be one to itself.
        let free = || {
            let _alone = ALONE.lock();
            let address = SocketAddr::from(([127, 0, 0, 1], fastrand::u16(10_000..32_000)));
            TcpListener::bind(address).is_ok().then_some(address)
        };
        let address = (0..1_000).find_map(|_| free()).ok_or("no port is free")?;
        Ok(Process { program, folder: folder.to_owned(), address, said: Said::default(), child: None })
    }

    /// What it has printed, and prints.
    pub fn said(&self) -> Said {
        self.said.clone()
    }

    /// Begins a life. It may not listen yet.
    ///
    /// # Errors
    /// A sentence, if it can't be started.
    pub fn begin(&mut self) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command.arg("serve");
        if self.program.file_stem().is_some_and(|name| name == "chat-room") {
            command.arg("--address"); // its command line is one with options
        }
        command.arg(self.address.to_string()).current_dir(&self.folder).stdin(Stdio::null());
        let started = start(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut child = started.map_err(|error| format!("{} can't be started: {error}", self.program.display()))?;
        if let (Some(out), Some(errors)) = (child.stdout.take(), child.stderr.take()) {
            listen(out, self.said.clone());
            listen(errors, self.said.clone());
        }
        self.child = Some(child);
        Ok(())
    }

    /// Waits until it listens.
    ///
    /// # Errors
    /// A sentence, if it ends instead, or takes too long.
    pub async fn ready(&mut self) -> Result<(), String> {
        let begun = Instant::now();
        while TcpStream::connect(self.address).await.is_err() {
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                return Err(format!("the program ended with {status}: {}", self.last_words()));
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("the program does not listen: {}", self.last_words()));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Ends its life by SIGKILL, from one moment to the next.
    ///
    /// # Errors
    /// A sentence, if it had ended before.
    pub fn kill(&mut self) -> Result<(), String> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let ended = child.try_wait().map_err(|error| error.to_string())?;
        if let Some(status) = ended {
            return Err(format!("the program ended by itself, with {status}: {}", self.last_words()));
        }
        child.kill().and_then(|()| child.wait()).map(drop).map_err(|error| format!("it can't be killed: {error}"))
    }

    fn last_words(&self) -> String {
        let said = self.said.lock();
        said[said.len().saturating_sub(5)..].join(" / ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Notes what comes until the process has ended.
fn listen(from: impl Read + Send + 'static, said: Said) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            said.lock().push(line);
        }
    });
}
