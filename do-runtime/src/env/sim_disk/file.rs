//! An open file of the simulated disk.

use std::io;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::{State, Step};
use crate::env::{DiskFile, Open};
use crate::sync::seam;

pub(super) struct SimFile {
    disk: Arc<Mutex<State>>,
    number: usize,
    how: Open,
}

impl SimFile {
    pub(super) fn new(disk: Arc<Mutex<State>>, number: usize, how: Open) -> Self {
        SimFile { disk, number, how }
    }

    fn reach(&self) -> MutexGuard<'_, State> {
        seam();
        self.disk.lock()
    }

    fn change(&self, bytes: u64, len: u64, change: impl FnOnce(&mut State)) -> io::Result<()> {
        if self.how == Open::Read {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut state = self.reach();
        state.powered()?;
        state.room_for(self.number, len)?;
        state.step(Step::Write(bytes))?;
        change(&mut state);
        Ok(())
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let state = self.reach();
        state.powered()?;
        Ok(state.files[self.number].read(into, at))
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let count = bytes.len() as u64;
        self.change(count, at + count, |state| state.files[self.number].write(bytes, at))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        let len = len.max(self.len()?);
        self.change(0, len, |state| state.files[self.number].set_len(len))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(0, len, |state| state.files[self.number].set_len(len))
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.reach();
        state.powered()?;
        Ok(state.files[self.number].len())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.reach();
        state.step(Step::Sync)?;
        state.files[self.number].sync();
        Ok(())
    }
}
