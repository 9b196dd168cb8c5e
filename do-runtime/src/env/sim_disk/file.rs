//! An open file of the simulated disk.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::faults::{Reach, Request};
use super::{State, Step};
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

    fn change(&self, bytes: u64, len: u64, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut state = self.disk.lock();
        state.begin(Request::Other)?;
        self.change_in(&mut state, bytes, len)?;
        change(&mut state);
        Ok(())
    }

    /// Counts a change that is allowed.
    fn change_in(&self, state: &mut State, bytes: u64, len: u64) -> io::Result<()> {
        if self.how == Open::Read {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        state.room_for(self.number, len)?;
        state.step(Step::Write(bytes))
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let mut state = self.disk.lock();
        state.begin(Request::Other)?;
        Ok(state.files[self.number].read(into, at))
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let mut state = self.disk.lock();
        let reach = state.begin(Request::Write)?;
        let done = match reach {
            Reach::Whole => bytes,
            Reach::Half(_) => &bytes[..bytes.len() / 2],
        };
        let count = done.len() as u64;
        self.change_in(&mut state, count, at + count)?;
        state.files[self.number].write(done, at);
        match reach {
            Reach::Whole => Ok(()),
            Reach::Half(error) => Err(error.into()),
        }
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        let len = len.max(self.len()?);
        self.change(0, len, |state| state.files[self.number].set_len(len))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(0, len, |state| state.files[self.number].set_len(len))
    }

    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.lock();
        state.begin(Request::Other)?;
        Ok(state.files[self.number].len())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.lock();
        let synced = state.begin(Request::Sync).and_then(|_| state.step(Step::Sync));
        match synced {
            Ok(()) => state.files[self.number].sync(),
            // The system forgets what it could not write: a later sync that succeeds says nothing of it.
            Err(_) if !state.faults.off => state.files[self.number].forget_unsynced(),
            Err(_) => {}
        }
        synced
    }
}
