//! Everything that was done to a disk, from which the disk can be had as a power cut at any point may leave it, without doing any
//! of it again.

use std::sync::Arc;

use super::SimDisk;
use super::cut::Keep;
use super::image::{Event, Image};
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

    /// Adds what was done. The numbers in it count from the first event of the tape.
    pub fn push(&mut self, event: Event) {
        self.events.push(event);
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
            self.image.apply(&Event { step, begun: begun + self.first, done: done + self.first });
            self.rest = rest;
        }
    }

    /// How many changes are not durable here.
    pub fn unsynced(&self) -> u64 {
        self.image.unsynced().len() as u64
    }

    /// The disk after a power cut here.
    pub fn left(&self, keep: Keep, random: &SeededRandom) -> Arc<SimDisk> {
        SimDisk::of(self.image.left(keep, random))
    }
}
