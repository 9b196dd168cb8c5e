//! An open file of the simulated disk.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::faults::{Reach, Request};
use super::{State, Step, reach};
use crate::env::{DiskFile, Open};

pub(super) struct SimFile {
    disk: Arc<Mutex<State>>,
    number: usize,
    how: Open,
}

impl SimFile {
    pub(super) fn new(disk: Arc<Mutex<State>>, number: usize, how: Open) -> Self {
        SimFile { disk, number, how }
    }

    fn resize(&self, len: u64) -> io::Result<()> {
        let mut state = reach(&self.disk);
        state.begin(Request::Other)?;
        self.change(&mut state, len, Step::Len(self.number, len))
    }

    /// Does a change after which the file has at least so many bytes.
    fn change(&self, state: &mut State, len: u64, step: Step) -> io::Result<()> {
        if self.how == Open::Read {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        state.room_for(self.number, len)?;
        state.perform(step)
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let mut state = reach(&self.disk);
        state.begin(Request::Other)?;
        Ok(state.image.file(self.number).read(into, at))
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = reach(&self.disk);
        let reach = state.begin(Request::Write)?;
        let done = match reach {
            Reach::Whole => bytes,
            Reach::Half(_) => &bytes[..bytes.len() / 2],
        };
        self.change(&mut state, at + done.len() as u64, Step::Write(self.number, at, done.into()))?;
        match reach {
            Reach::Whole => Ok(()),
            Reach::Half(error) => Err(error.into()),
        }
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.resize(len.max(self.len()?))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.resize(len)
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = reach(&self.disk);
        state.begin(Request::Other)?;
        Ok(state.image.file(self.number).len())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = reach(&self.disk);
        let synced = state.begin(Request::Sync).and_then(|_| state.perform(Step::Sync(self.number)));
        // The system forgets what it could not write: a later sync that succeeds says nothing of it. (Of a disk that is off
        // nothing is left here.)
        if synced.is_err() && state.powered().is_ok() {
            state.image.fail_to_sync(self.number);
        }
        synced
    }

    fn settle(&self) -> io::Result<()> {
        reach(&self.disk).powered()?;
        // Where nothing waits for a sync, a power cut before this and one after it leave the same.
        if self.disk.lock().image.is_unsynced(self.number) {
            self.sync()?;
        }
        self.disk.lock().image.forget_what_failed(self.number);
        Ok(())
    }
}
