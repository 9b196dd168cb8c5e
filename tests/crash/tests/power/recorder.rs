//! A recorder beneath a process: what it asked the system to do with one folder, in order, with the bytes; and what it said meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Command, Stdio};

use do_runtime::env::{Event, Player, Step, Tape};

use crate::calls::{self, Call, Moment};

/// What is looked at. Calls that can change a file in a way that the recorder does not understand are among them, to be refused.
const CALLS: &str = "trace=open,openat,openat2,creat,write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,sync_file_range,\
    syncfs,sync,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,truncate,ftruncate,\
    fallocate,mmap,copy_file_range,sendfile,splice,io_uring_setup,io_uring_enter,dup,dup2,dup3,lseek,fcntl,ioctl,close";

/// A folder, and what was done to it by one process after another.
#[derive(Clone)]
pub(crate) struct Recording {
    pub(crate) tape: Tape,
    /// After how many events what was said.
    pub(crate) said: Vec<(u64, String)>,
    clock: u64,
}

/// How a recorded process ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    WithError,
}

impl Recording {
    pub(crate) fn on(tape: Tape) -> Self {
        Recording { clock: tape.len(), tape, said: Vec::new() }
    }

    /// The same up to an event: as if the process had been killed there.
    pub(crate) fn up_to(&self, events: u64) -> Self {
        let mut tape = self.tape.clone();
        tape.truncate(events);
        let said = self.said.iter().filter(|(at, _)| *at <= events).cloned().collect();
        Recording { tape, said, clock: self.clock }
    }

    /// Runs a program in `root`, which is as the tape ends, and adds what it does.
    pub(crate) fn run(&mut self, root: &Path, program: &mut Command, faults: Option<&str>) -> Ended {
        let log = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut strace = Command::new("strace");
        strace.args(["-f", "--seccomp-bpf", "-xx", "-s", "100000000", "-e", "signal=none", "-e", CALLS, "-o"]);
        strace.arg(log.path()).args(faults.iter().flat_map(|fault| ["-e", fault]));
        strace.arg(program.get_program()).args(program.get_args());
        let out = strace.stdin(Stdio::null()).output().expect("strace can be started");
        let log = std::fs::read_to_string(log.path()).expect("strace writes ASCII");
        let mut player = self.tape.player();
        player.advance_to(self.tape.len());
        let mut process = Process::new(root, &player);
        for moment in calls::read(&log) {
            self.clock += 1;
            process.take(moment, self);
        }
        assert!(process.opened > 0, "nothing was recorded: {}", String::from_utf8_lossy(&out.stderr));
        if out.status.success() { Ended::Well } else { Ended::WithError }
    }
}

/// Whether this machine has what the recorder needs.
pub(crate) fn is_possible() -> bool {
    let traced = Command::new("strace").args(["-f", "--seccomp-bpf", "-o", "/dev/null", "true"]).output();
    traced.is_ok_and(|output| output.status.success())
}

/// What a descriptor leads to.
#[derive(Debug, Clone)]
enum Open {
    File { number: usize, position: u64 },
    Folder(String),
}

/// Whether a sync was one.
enum Synced {
    Well,
    Not,
}

/// A process that is being recorded.
struct Process {
    root: String,
    names: BTreeMap<String, Option<usize>>,
    next_file: usize,
    open: HashMap<i64, Open>,
    opened: u64,
    /// When the call began that a thread is in.
    begun: HashMap<u32, u64>,
    /// The event of the write that a thread is in.
    writing: HashMap<u32, usize>,
    /// By file, the events that no sync has covered.
    uncovered: HashMap<usize, Vec<usize>>,
}

impl Process {
    fn new(root: &Path, player: &Player<'_>) -> Self {
        Process {
            root: root.to_str().expect("the folder's path is UTF-8").to_owned(),
            names: player.names(),
            next_file: player.next_file(),
            open: HashMap::new(),
            opened: 0,
            begun: HashMap::new(),
            writing: HashMap::new(),
            uncovered: HashMap::new(),
        }
    }

    fn take(&mut self, moment: Moment, to: &mut Recording) {
        match moment {
            Moment::Begun(call) => self.begin(&call, to),
            Moment::Done(call, result) => self.end(&call, result.unwrap_or(-1), to),
        }
    }

    /// Writes may be on the disk from here on, and what is said may be heard.
    fn begin(&mut self, call: &Call, to: &mut Recording) {
        self.begun.insert(call.thread, to.clock);
        match call.name.as_str() {
            "close" => drop(self.open.remove(&call.number(0))),
            "write" if call.number(0) == 1 => {
                let line = String::from_utf8(call.bytes(1)).expect("the load says text");
                to.said.push((to.tape.len(), line.trim_end().to_owned()));
            }
            "write" => {
                if let Some(Open::File { number, position }) = self.open.get_mut(&call.number(0)) {
                    let (number, bytes) = (*number, call.bytes(1));
                    let at = std::mem::replace(position, *position + bytes.len() as u64);
                    self.push_write(call, number, Step::Write(number, at, bytes.into()), to);
                }
            }
            "pwrite64" => {
                if let Some(&Open::File { number, .. }) = self.open.get(&call.number(0)) {
                    let at = call.number(3).unsigned_abs();
                    self.push_write(call, number, Step::Write(number, at, call.bytes(1).into()), to);
                }
            }
            "ftruncate" => {
                if let Some(&Open::File { number, .. }) = self.open.get(&call.number(0)) {
                    self.push_write(call, number, Step::Len(number, call.number(1).unsigned_abs()), to);
                }
            }
            "fallocate" => {
                if let Some(&Open::File { number, .. }) = self.open.get(&call.number(0)) {
                    assert_eq!(
                        (call.number(1), call.number(2)),
                        (0, 0),
                        "only files from their beginning are allocated"
                    );
                    // It never shortens, and the only files that are allocated are new.
                    self.push_write(call, number, Step::Len(number, call.number(3).unsigned_abs()), to);
                }
            }
            _ => {}
        }
    }

    fn push_write(&mut self, call: &Call, file: usize, step: Step, to: &mut Recording) {
        let event = to.push(Event { step, begun: to.clock, done: u64::MAX });
        self.writing.insert(call.thread, event);
        self.uncovered.entry(file).or_default().push(event);
    }

    fn end(&mut self, call: &Call, result: i64, to: &mut Recording) {
        let begun = self.begun.remove(&call.thread).unwrap_or(to.clock);
        let event = |step| Event { step, begun, done: to.clock };
        let well = result >= 0;
        match call.name.as_str() {
            "write" | "pwrite64" | "ftruncate" | "fallocate" => {
                if let Some(event) = self.writing.remove(&call.thread)
                    && well
                {
                    if let Step::Write(_, _, bytes) = &to.tape.events()[event].step {
                        assert_eq!(result as usize, bytes.len(), "a write was cut short");
                    }
                    to.tape.finish(event, to.clock);
                }
            }
            "fsync" | "fdatasync" => self.end_sync(call, if well { Synced::Well } else { Synced::Not }, begun, to),
            "open" | "openat" | "creat" if well => self.end_open(call, result, begun, to),
            "mkdir" | "mkdirat" if well => {
                if let Some(name) = self.name(&call.path(usize::from(call.name == "mkdirat"))) {
                    self.names.insert(name.clone(), None);
                    to.push(event(Step::MakeFolder(name)));
                }
            }
            "unlink" | "unlinkat" if well => {
                if let Some(name) = self.name(&call.path(usize::from(call.name == "unlinkat"))) {
                    self.names.remove(&name);
                    to.push(event(Step::Remove(name)));
                }
            }
            "rename" | "renameat" | "renameat2" if well => {
                let (from, at) = if call.name == "rename" { (0, 1) } else { (1, 3) };
                let (from, into) = (self.name(&call.path(from)), self.name(&call.path(at)));
                assert_eq!(from.is_some(), into.is_some(), "something was moved into or out of the folder");
                if let (Some(from), Some(into)) = (from, into) {
                    let file = self.names.remove(&from).expect("what is renamed is there");
                    self.names.insert(into.clone(), file);
                    to.push(event(Step::Rename(from, into)));
                }
            }
            _ => self.refuse_unknown(call, result),
        }
    }

    fn end_sync(&mut self, call: &Call, synced: Synced, begun: u64, to: &mut Recording) {
        let event = |step| Event { step, begun, done: to.clock };
        match (self.open.get(&call.number(0)).cloned(), synced) {
            (Some(Open::File { number, .. }), Synced::Well) => {
                to.push(event(Step::Sync(number)));
                let events = to.tape.events();
                self.uncovered.entry(number).or_default().retain(|write| events[*write].done > begun);
            }
            // What it should have covered may be taken for clean by the system, and no later sync covers it.
            (Some(Open::File { number, .. }), Synced::Not) => {
                for write in self.uncovered.remove(&number).unwrap_or_default() {
                    to.tape.finish(write, u64::MAX);
                }
            }
            (Some(Open::Folder(name)), Synced::Well) => drop(to.push(event(Step::SyncFolder(name)))),
            _ => {}
        }
    }

    fn end_open(&mut self, call: &Call, descriptor: i64, begun: u64, to: &mut Recording) {
        let Some(name) = self.name(&call.path(usize::from(call.name == "openat"))) else { return };
        self.opened += 1;
        assert!(!call.has_flag("O_APPEND") && !call.has_flag("O_TRUNC"), "{name}: not understood");
        let opened = match self.names.get(&name).copied() {
            Some(Some(number)) => Open::File { number, position: 0 },
            Some(None) => Open::Folder(name),
            None if name.is_empty() => Open::Folder(name),
            None => {
                assert!(call.has_flag("O_CREAT"), "{name} was not there before");
                let number = self.next_file;
                self.next_file += 1;
                self.names.insert(name.clone(), Some(number));
                to.push(Event { step: Step::Make(name), begun, done: to.clock });
                Open::File { number, position: 0 }
            }
        };
        self.open.insert(descriptor, opened);
    }

    /// Calls that could change a file in a way that is not recorded.
    fn refuse_unknown(&self, call: &Call, result: i64) {
        let well = result >= 0;
        match call.name.as_str() {
            "mmap" => {
                let writes = call.has_flag("PROT_WRITE") && call.has_flag("MAP_SHARED");
                assert!(
                    !writes || !self.open.contains_key(&call.number(4)),
                    "a file of the folder is mapped to be written"
                );
            }
            "fcntl" => {
                let copies = call.arguments.get(1).is_some_and(|what| what.starts_with("F_DUPFD"));
                assert!(!copies || !self.open.contains_key(&call.number(0)), "a descriptor is copied: not understood");
            }
            "io_uring_setup" | "sync" => panic!("{}: not understood", call.name),
            "link" | "linkat" | "symlink" | "symlinkat" | "truncate" | "rmdir" | "openat2" => {
                let inside = (0..call.arguments.len()).any(|at| self.is_inside(call, at));
                assert!(!inside, "{}: not understood", call.name);
            }
            // The first is a hint that promises nothing.
            "sync_file_range" | "close" | "ioctl" => {}
            _ if well => {
                let descriptor = call.arguments.first().and_then(|number| number.trim().parse().ok());
                let ours = descriptor.is_some_and(|number: i64| self.open.contains_key(&number));
                assert!(!ours, "{} of a file of the folder: not understood", call.name);
            }
            _ => {}
        }
    }

    fn is_inside(&self, call: &Call, at: usize) -> bool {
        call.arguments[at].starts_with('"') && self.name(&call.path(at)).is_some()
    }

    /// What a path is called in the folder, if it is in there.
    fn name(&self, path: &str) -> Option<String> {
        let below = path.strip_prefix(&self.root)?;
        (below.is_empty() || below.starts_with('/')).then(|| below.trim_matches('/').to_owned())
    }
}

impl Recording {
    fn push(&mut self, event: Event) -> usize {
        self.tape.push(event);
        self.tape.len() as usize - 1
    }
}
