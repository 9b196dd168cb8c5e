//! Everything that was done to a disk, from which the disk can be had as a power cut at any point may leave it, without doing any
//! of it again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::SimDisk;
use super::cut::Keep;
use super::image::{Entry, Event, Image};
use crate::env::SeededRandom;

/// A recording: [`SimDisk::record`] begins one, or it is made by hand of what another disk was asked to do.
#[derive(Debug, Clone, Default)]
pub struct Tape {
    base: Image,
    events: Vec<Event>,
}

impl Tape {
    /// A recording of a disk that begins as this one is now. Nothing is recorded from it.
    pub fn on(disk: &SimDisk) -> Self {
        Tape::begin(&disk.0.lock().image)
    }

    pub(super) fn begin(image: &Image) -> Self {
        Tape { base: image.clone(), events: Vec::new() }
    }

    /// Adds what was done. The times in it count from the beginning of the tape.
    pub fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Says when an event was over, which was added before it was.
    ///
    /// # Panics
    /// If there is no event of this number.
    pub fn finish(&mut self, event: usize, done: u64) {
        self.events[event].done = done;
    }

    /// Forgets all but the first so many events.
    pub fn truncate(&mut self, events: u64) {
        self.events.truncate(usize::try_from(events).unwrap_or(usize::MAX));
    }

    /// How many events there are.
    pub fn len(&self) -> u64 {
        self.events.len() as u64
    }

    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The events.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// At the beginning of the tape.
    pub fn player(&self) -> Player<'_> {
        Player { image: self.base.clone(), first: self.base.seen(), rest: &self.events }
    }
}

/// A place in a tape.
pub struct Player<'a> {
    image: Image,
    first: u64,
    rest: &'a [Event],
}

impl Player<'_> {
    /// Goes on to where `events` of the tape were done; never back.
    pub fn advance_to(&mut self, events: u64) {
        while self.image.seen() - self.first < events
            && let Some((event, rest)) = self.rest.split_first()
        {
            // A disk counts on from what it did before the tape began.
            let Event { step, begun, done } = event.clone();
            let later = |time: u64| time.saturating_add(self.first);
            self.image.apply(&Event { step, begun: later(begun), done: later(done) });
            self.rest = rest;
        }
    }

    /// What has a name here, and the numbers of those that are files.
    pub fn names(&self) -> BTreeMap<String, Option<usize>> {
        let number = |entry: &Entry| match entry {
            Entry::File(file) => Some(*file),
            Entry::Folder => None,
        };
        self.image.entries().iter().map(|(name, entry)| (name.clone(), number(entry))).collect()
    }

    /// The number that the next file has.
    pub fn next_file(&self) -> usize {
        self.image.next_file()
    }

    /// How many changes are not durable here.
    pub fn unsynced(&self) -> u64 {
        self.image.unsynced().len() as u64
    }

    /// The disk after the process was killed here, with all that it has written; what was not durable is not.
    pub fn killed(&self) -> Arc<SimDisk> {
        SimDisk::of(self.image.clone())
    }

    /// The disk after a power cut here.
    pub fn left(&self, keep: Keep, random: &SeededRandom) -> Arc<SimDisk> {
        SimDisk::of(self.image.left(keep, random))
    }
}
