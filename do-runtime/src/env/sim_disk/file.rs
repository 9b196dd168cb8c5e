//! An open file of the simulated disk.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

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

    fn change(&self, len: u64, step: Step) -> io::Result<()> {
        if self.how == Open::Read {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let mut state = self.disk.lock();
        state.powered()?;
        state.room_for(self.number, len)?;
        state.perform(step)
    }
}

impl DiskFile for SimFile {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        let state = self.disk.lock();
        state.powered()?;
        Ok(state.image.file(self.number).read(into, at))
    }

    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.change(at + bytes.len() as u64, Step::Write(self.number, at, bytes.into()))
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        let len = len.max(self.len()?);
        self.change(len, Step::Len(self.number, len))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(len, Step::Len(self.number, len))
    }

    fn len(&self) -> io::Result<u64> {
        let state = self.disk.lock();
        state.powered()?;
        Ok(state.image.file(self.number).len())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.lock().perform(Step::Sync(self.number))
    }
}
