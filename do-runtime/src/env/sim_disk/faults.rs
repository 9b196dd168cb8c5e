//! What a simulated disk refuses, and when.

use std::io;

use super::{State, Step};

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of it is done.
    Error(io::ErrorKind),
    /// Of a write the first half is done, then it fails; of anything else nothing is done.
    Short(io::ErrorKind),
}

impl Fault {
    fn error(self) -> io::Error {
        let (Fault::Error(kind) | Fault::Short(kind)) = self;
        kind.into()
    }
}

/// Which requests fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requests {
    /// All that there are: opening, listing, measuring and reading too.
    Any,
    /// Writes of bytes.
    Writes,
    /// Syncs of files and of folders.
    Syncs,
}

/// What is asked for, for the faults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// It can be done by half.
    Write,
    Sync,
    Other,
}

impl Requests {
    fn has(self, request: Request) -> bool {
        match self {
            Requests::Any => true,
            Requests::Writes => request == Request::Write,
            Requests::Syncs => request == Request::Sync,
        }
    }
}

/// How far a request gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Whole,
    /// Half of a write is done; then it is over with the error.
    Half(io::ErrorKind),
}

#[derive(Default)]
pub(super) struct Faults {
    pub(super) writes: Option<(u64, io::ErrorKind)>,
    pub(super) syncs: Option<(u64, io::ErrorKind)>,
    /// Of which requests, how many until the faults, how many faults, and their kind.
    pub(super) requests: Option<(Requests, u64, u64, Fault)>,
    /// Bytes that all files together may have.
    pub(super) capacity: Option<u64>,
    pub(super) read_only: bool,
    /// Steps until the power goes, and whether it has gone.
    pub(super) steps_left: Option<u64>,
    pub(super) off: bool,
}

impl Faults {
    /// Those of the disk that is left after a power cut or a kill.
    pub(super) fn after_the_end(&self) -> Faults {
        Faults { capacity: self.capacity, requests: self.requests, ..Faults::default() }
    }

    /// The fault of this request, if its turn has come.
    fn next(&mut self, request: Request) -> Option<Fault> {
        match &mut self.requests {
            Some((which, ..)) if !which.has(request) => None,
            Some((_, 0, 0, _)) | None => None,
            Some((_, 0, count, fault)) => {
                *count -= 1;
                Some(*fault)
            }
            Some((_, before, ..)) => {
                *before -= 1;
                None
            }
        }
    }
}

impl State {
    pub(super) fn powered(&self) -> io::Result<()> {
        if self.faults.off { Err(io::Error::other("the power has gone")) } else { Ok(()) }
    }

    /// Counts a request, unless the power has gone or it fails.
    pub(super) fn begin(&mut self, request: Request) -> io::Result<Reach> {
        self.powered()?;
        self.counts.requests += 1;
        match (self.faults.next(request), request) {
            (None, _) => Ok(Reach::Whole),
            (Some(Fault::Short(error)), Request::Write) => Ok(Reach::Half(error)),
            (Some(fault), _) => Err(fault.error()),
        }
    }

    /// Refuses a step that a fault forbids.
    pub(super) fn allow(&mut self, step: &Step) -> io::Result<()> {
        self.powered()?;
        match &mut self.faults.steps_left {
            Some(0) => {
                self.faults.off = true;
                return self.powered();
            }
            Some(left) => *left -= 1,
            None => {}
        }
        if self.faults.read_only {
            return Err(io::ErrorKind::ReadOnlyFilesystem.into());
        }
        let fault = match step {
            Step::Write(..) | Step::Len(..) => &mut self.faults.writes,
            Step::Sync(_) | Step::SyncFolder(_) => &mut self.faults.syncs,
            Step::Make(_) | Step::MakeFolder(_) | Step::Remove(_) | Step::Rename(..) => &mut None,
        };
        match fault {
            Some((count, error)) if *count > 0 => {
                *count -= 1;
                Err((*error).into())
            }
            _ => Ok(()),
        }
    }
}
