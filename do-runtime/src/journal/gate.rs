//! The gate: what is appended and not durable yet, and who waits for it.

use std::collections::VecDeque;
use std::ops::Range;
use std::task::Waker;
use std::time::Duration;

use super::Commit;
use super::batch;
use super::record::{self, Chain};
use super::segment::{Entry, Header};
use crate::Error;
use crate::planted::{Defect, planted};

/// Buffers above this many bytes are not kept for the next batch.
const KEPT_BUFFER: usize = 4 << 20;

/// A place where the log passes from one segment to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Crossing {
    /// The first position of the later segment.
    pub(super) boundary: u64,
    /// The first position from there on at which a record or a batch begins.
    resume: u64,
    /// The checksum of the record before it.
    chain: Chain,
}

impl Crossing {
    /// Where reading of the later segment can begin, once the batch is known.
    pub(super) fn entry(&self, batch: Range<u64>) -> Entry {
        let left = if self.resume == batch.start { 0 } else { batch.end.saturating_sub(self.resume) };
        Entry { position: self.resume, left, chain: self.chain }
    }
}

/// A batch on its way to the disk.
pub(super) struct Flight {
    /// Its number: batches are released in this order.
    pub(super) number: u64,
    /// The positions that it covers.
    pub(super) range: Range<u64>,
    /// Its bytes, head included.
    pub(super) bytes: Vec<u8>,
    /// How many records it has.
    pub(super) records: usize,
}

/// What the gate's lock guards.
pub(super) struct Gate {
    /// The batch that is being filled; empty, or its head and at least one record.
    pub(super) bytes: Vec<u8>,
    /// Where that batch begins.
    pub(super) start: u64,
    /// The position after the last record.
    pub(super) end: u64,
    pub(super) records: usize,
    pub(super) crossings: Vec<Crossing>,
    chain: Chain,
    next_boundary: u64,
    segment: u64,

    waiting: Vec<Waker>,
    flying: VecDeque<(u64, Vec<Waker>)>,
    failed_wakers: Vec<Waker>,

    pub(super) taken: u64,
    pub(super) released: u64,
    pub(super) failure: Option<Error>,
    pub(super) closed: bool,

    /// Writers that wait for a batch to begin.
    pub(super) idle: usize,
    /// A writer waits for so many records, or for a little while.
    pub(super) lingering: Option<usize>,
    /// Writer threads that have not ended.
    pub(super) writers: usize,
    /// Without threads: a task that writes is on its way.
    pub(super) scheduled: bool,
    /// How many records the last batch had, and how long its sync took on average.
    pub(super) last: usize,
    pub(super) usual: Duration,
    spare_buffers: Vec<Vec<u8>>,
}

impl Gate {
    /// The gate of a life that begins with this segment.
    pub(super) fn new(life: &Header) -> Self {
        Gate {
            bytes: Vec::new(),
            start: life.first,
            end: life.first,
            records: 0,
            crossings: Vec::new(),
            chain: life.entry.chain,
            next_boundary: life.end(),
            segment: life.payload,
            waiting: Vec::new(),
            flying: VecDeque::new(),
            failed_wakers: Vec::new(),
            taken: 0,
            released: 0,
            failure: None,
            closed: false,
            idle: 0,
            lingering: None,
            writers: 0,
            scheduled: false,
            last: 0,
            usual: Duration::ZERO,
            spare_buffers: Vec::new(),
        }
    }

    /// Appends a record to the batch that is being filled.
    pub(super) fn append(&mut self, commit: &Commit<'_>, life: &Header) -> u64 {
        let (before, chain) = (self.end, self.chain);
        self.begin_batch(record::bound(commit));
        let stamp = life.stamp_at(self.start + self.bytes.len() as u64);
        self.chain = record::append(&mut self.bytes, commit, stamp, chain);
        self.records += 1;
        self.passed(before, chain);
        self.end
    }

    /// Adds a batch without records, which states what is durable.
    pub(super) fn append_note(&mut self) {
        let (before, chain) = (self.end, self.chain);
        self.begin_batch(0);
        self.passed(before, chain);
    }

    fn begin_batch(&mut self, more: usize) {
        if self.bytes.is_empty() {
            self.start = self.end;
            self.bytes.reserve(batch::HEAD + more);
            self.bytes.resize(batch::HEAD, 0);
        } else {
            self.bytes.reserve(more);
        }
    }

    /// Notes the new end, and the boundaries between it and the end before.
    fn passed(&mut self, before: u64, chain_before: Chain) {
        self.end = self.start + self.bytes.len() as u64;
        while self.next_boundary < self.end {
            let boundary = self.next_boundary;
            let at_start = boundary == before;
            let (resume, chain) = if at_start { (before, chain_before) } else { (self.end, self.chain) };
            self.crossings.push(Crossing { boundary, resume, chain });
            self.next_boundary = boundary.saturating_add(self.segment);
        }
    }

    /// Takes the batch that is being filled.
    pub(super) fn take(&mut self) -> Flight {
        let fresh = self.spare_buffers.pop().unwrap_or_default();
        let bytes = std::mem::replace(&mut self.bytes, fresh);
        self.crossings.clear();
        self.taken += 1;
        self.flying.push_back((self.end, std::mem::take(&mut self.waiting)));
        let records = std::mem::take(&mut self.records);
        Flight { number: self.taken, range: self.start..self.end, bytes, records }
    }

    /// Whether all batches before this one are released.
    pub(super) fn is_next(&self, flight: &Flight) -> bool {
        self.released + 1 == flight.number || planted(Defect::ReleasedOutOfOrder)
    }

    /// The batch is durable: who has waited for it.
    pub(super) fn release(&mut self, flight: Flight) -> Vec<Waker> {
        self.released = flight.number;
        self.last = flight.records;
        let mut bytes = flight.bytes;
        if bytes.capacity() <= KEPT_BUFFER {
            bytes.clear();
            self.spare_buffers.push(bytes);
        }
        self.flying.pop_front().map(|(_, wakers)| wakers).unwrap_or_default()
    }

    /// Lists somebody who waits for a position that is not durable.
    pub(super) fn wait(&mut self, position: u64, waker: &Waker) {
        let flight = self
            .flying
            .iter_mut()
            .find(|(end, _)| match planted(Defect::LastOfBatchNotWoken) {
                true => position < *end,
                false => position <= *end,
            })
            .map(|(_, wakers)| wakers);
        flight.unwrap_or(&mut self.waiting).push(waker.clone());
    }

    /// Lists somebody who waits for the failure.
    pub(super) fn wait_for_failure(&mut self, waker: &Waker) {
        if !self.failed_wakers.iter().any(|other| other.will_wake(waker)) {
            self.failed_wakers.push(waker.clone());
        }
    }

    /// Those who wait for the failure.
    pub(super) fn take_failure_waiters(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.failed_wakers)
    }

    /// Nothing will become durable any more: who has waited for anything. The first failure stays.
    pub(super) fn fail(&mut self, error: Error) -> Vec<Waker> {
        self.failure.get_or_insert(error);
        let mut wakers = std::mem::take(&mut self.waiting);
        wakers.extend(self.flying.drain(..).flat_map(|(_, wakers)| wakers));
        wakers.append(&mut self.failed_wakers);
        wakers
    }
}
