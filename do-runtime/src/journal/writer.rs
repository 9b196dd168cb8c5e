//! Group commit: whoever writes takes all that was appended meanwhile, writes and syncs it, and releases it in order.
//!
//! There are two writer threads, hence up to two syncs in flight. Where there are no threads a task is spawned after an
//! append, and does the same with the same steps.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::batch::BatchHead;
use super::files::WRITERS;
use super::gate::{Flight, Gate};
use super::space::{Piece, RETRY_MILLIS};
use super::{Rhythm, Shared, words};
use crate::planted::{Defect, planted};
use crate::sync::MutexGuard;
use crate::{Error, ErrorKind, Timestamp};

/// The share of the last batch's callers, in per cent, that is waited for before the next sync.
const LINGER: usize = 90;

/// Something that the disk did not do, to which file.
type Failed = (&'static str, PathBuf, io::Error);

/// A batch with its places.
type Placed = (Flight, Vec<Piece>);

/// Starts the writer threads, if there are threads here; else a task follows each append. Who wants each record by itself
/// needs neither.
pub(super) fn start(shared: &Arc<Shared>) {
    if shared.rhythm == Rhythm::Each {
        return;
    }
    shared.gate.lock().writers = WRITERS;
    for number in 0..WRITERS {
        let this = shared.clone();
        let thread = shared.env.spawn.thread(&format!("journal-{number}"), Box::new(move || write_on(&this, number)));
        if thread.is_err() {
            shared.gate.lock().writers -= 1;
        }
    }
}

/// Tells the writers that there is something to write.
pub(super) fn wake(shared: &Arc<Shared>, mut gate: MutexGuard<'_, Gate>) {
    if gate.writers > 0 {
        // Whoever was told of a batch's first record finds the others too.
        match gate.lingering {
            Some(enough) if gate.records == enough => shared.enough.notify_one(),
            None if gate.records == 1 && gate.idle > 0 => shared.work.notify_one(),
            _ => false,
        };
    } else if shared.rhythm == Rhythm::Each {
        drop(gate);
        pump(shared);
    } else if !gate.scheduled {
        gate.scheduled = true;
        drop(gate);
        let this = shared.clone();
        shared.env.spawn.spawn(Box::pin(async move { pump(&this) }));
    }
}

/// A writer thread, until this is dropped.
struct Writing<'a>(&'a Shared);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.gate.lock().writers -= 1;
        // The other one may have found this one waiting for more, and sleeps since.
        self.0.work.notify_all();
        self.0.order.notify_all();
    }
}

/// The life of a writer thread.
fn write_on(shared: &Arc<Shared>, number: usize) {
    let _writing = Writing(shared);
    while let Some((flight, pieces)) = wait_for_batch(shared) {
        let begun = Instant::now();
        let written = write(&pieces, &flight.bytes, number);
        let took = begun.elapsed();
        match written {
            Ok(()) => {
                let mut gate = shared.gate.lock();
                while !gate.is_next(&flight) && gate.failure.is_none() {
                    shared.order.wait(&mut gate);
                }
                gate.usual = (gate.usual * 7 + took) / 8;
                release(shared, gate, flight);
            }
            Err(error) => fail(shared, error),
        }
    }
}

/// The next batch; nothing once the journal is closed and all is written, or has failed.
fn wait_for_batch(shared: &Arc<Shared>) -> Option<Placed> {
    let mut gate = shared.gate.lock();
    loop {
        if gate.failure.is_some() {
            return None;
        }
        if gate.bytes.is_empty() || gate.lingering.is_some() {
            if gate.closed && gate.bytes.is_empty() {
                return None;
            }
            gate.idle += 1;
            shared.work.wait(&mut gate);
            gate.idle -= 1;
            continue;
        }
        linger(shared, &mut gate);
        if let Some(placed) = take(shared, &mut gate) {
            return Some(placed);
        }
        if gate.bytes.is_empty() {
            continue;
        }
        let closed = gate.closed;
        let needed = gate.end;
        let refused = MutexGuard::unlocked(&mut gate, || shared.space.reserve(needed).err());
        match refused {
            Some(error) if closed => {
                MutexGuard::unlocked(&mut gate, || poison(shared, closed_without_room(error)));
            }
            Some(_) => {
                let pause = Duration::from_millis(RETRY_MILLIS.unsigned_abs());
                shared.room.wait_for(&mut gate, pause);
            }
            None => {}
        }
    }
}

/// Waits a little for callers that were answered just now and come back.
fn linger(shared: &Shared, gate: &mut MutexGuard<'_, Gate>) {
    let enough = gate.last * LINGER / 100;
    if gate.records >= enough || gate.closed {
        return;
    }
    let until = Instant::now() + gate.usual / 4;
    gate.lingering = Some(enough);
    while gate.records < enough && gate.failure.is_none() && !gate.closed {
        if shared.enough.wait_until(gate, until).timed_out() {
            break;
        }
    }
    gate.lingering = None;
}

/// Takes what was appended, if there is room for it and the journal works.
fn take(shared: &Arc<Shared>, gate: &mut Gate) -> Option<Placed> {
    if gate.bytes.is_empty() || gate.failure.is_some() {
        return None;
    }
    let durable = shared.durable();
    let pieces = shared.space.place(gate.start..gate.end, &gate.crossings, durable)?;
    if planted(Defect::AcknowledgedBeforeSync) {
        shared.set_durable(gate.end);
    }
    let mut flight = gate.take();
    let stamp = shared.space.life().stamp_at(flight.range.start);
    let length = flight.range.end - flight.range.start - super::batch::HEAD as u64;
    let head = BatchHead { epoch: stamp.epoch, position: flight.range.start, durable, length };
    flight.bytes[..super::batch::HEAD].copy_from_slice(&head.encode(stamp.life));
    shared.prepare_if_wanted();
    Some((flight, pieces))
}

/// Writes a batch to its places and syncs each file.
fn write(pieces: &[Piece], bytes: &[u8], writer: usize) -> Result<(), Failed> {
    let failed = |doing, piece: &Piece| {
        let path = piece.path.clone();
        move |error| (doing, path, error)
    };
    for piece in pieces {
        let file = &piece.handles[writer];
        if let Some(header) = &piece.header {
            file.write_at(header, 0).map_err(failed("write", piece))?;
        }
        file.write_at(&bytes[piece.bytes.clone()], piece.offset).map_err(failed("write", piece))?;
    }
    for (number, piece) in pieces.iter().enumerate() {
        if planted(Defect::SecondFileNotSynced) && number > 0 {
            continue;
        }
        let mut synced = piece.handles[writer].sync();
        if planted(Defect::FailedSyncTriedAgain) && synced.is_err() {
            synced = piece.handles[writer].sync();
        }
        synced.map_err(failed("sync", piece))?;
    }
    Ok(())
}

/// Lets those go who wait for a batch, unless something failed meanwhile: nothing is certain then.
fn release(shared: &Shared, mut gate: MutexGuard<'_, Gate>, flight: Flight) {
    if gate.failure.is_some() {
        return;
    }
    let end = if planted(Defect::DurableTooFar) { gate.end } else { flight.range.end };
    let wakers = gate.release(flight);
    shared.set_durable(end);
    drop(gate);
    shared.order.notify_all();
    wakers.into_iter().for_each(std::task::Waker::wake);
}

fn fail(shared: &Shared, (doing, path, error): Failed) {
    poison(shared, words::failed(&*shared.env.disk, doing, &path, error));
}

/// From now on everything is refused.
pub(super) fn poison(shared: &Shared, error: Error) {
    shared.space.fail();
    let mut gate = shared.gate.lock();
    // Whoever is told of the failure finds the flag set.
    shared.failed.store(true, Ordering::Release);
    let wakers = gate.fail(error);
    drop(gate);
    shared.work.notify_all();
    shared.room.notify_all();
    shared.order.notify_all();
    wakers.into_iter().for_each(std::task::Waker::wake);
}

fn closed_without_room(error: Error) -> Error {
    Error::with_source(ErrorKind::Unavailable, format!("the journal was closed before all was written: {error}"), error)
}

/// Without threads: writes all that was appended.
pub(super) fn pump(shared: &Arc<Shared>) {
    let _one = shared.pumping.lock();
    loop {
        let mut gate = shared.gate.lock();
        let Some((flight, pieces)) = take(shared, &mut gate) else {
            if gate.bytes.is_empty() || gate.failure.is_some() {
                gate.scheduled = false;
                return;
            }
            let (closed, needed) = (gate.closed, gate.end);
            drop(gate);
            match shared.space.reserve(needed) {
                Ok(()) => continue,
                Err(error) if closed => poison(shared, closed_without_room(error)),
                Err(_) => return try_later(shared),
            }
            continue;
        };
        drop(gate);
        match write(&pieces, &flight.bytes, 0) {
            Ok(()) => release(shared, shared.gate.lock(), flight),
            Err(error) => fail(shared, error),
        }
    }
}

/// Without threads: pumps again when there may be room.
fn try_later(shared: &Arc<Shared>) {
    let now = shared.env.clock.now().as_millis();
    let sleep = shared.env.clock.sleep_until(Timestamp::from_millis(now.saturating_add(RETRY_MILLIS)));
    let this = shared.clone();
    shared.env.spawn.spawn(Box::pin(async move {
        sleep.await;
        pump(&this);
    }));
}

/// Writes what is left and waits until it is durable.
pub(super) fn finish(shared: &Arc<Shared>) {
    let mut gate = shared.gate.lock();
    if gate.writers == 0 {
        drop(gate);
        return pump(shared);
    }
    shared.work.notify_all();
    shared.enough.notify_all();
    shared.room.notify_all();
    while gate.writers > 0 {
        shared.order.wait(&mut gate);
    }
}
