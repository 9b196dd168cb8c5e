//! When objects want to be woken: the registry's index, and over it what the log has said since the last checkpoint.
//!
//! In memory are only the objects whose next alarm changed since the last checkpoint, those that are being woken now, and a
//! few rows of the index read ahead. Taking the next one and noting a change never touch the disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::journal::{ClassTag, LogPosition};
use crate::planted::{Defect, planted};
use crate::{ObjectId, Timestamp};

/// Rows of the index that are read at once for each class.
pub(super) const AHEAD: usize = 64;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextWake {
    /// This object is to be woken. It counts as being woken until it is released.
    Due(ClassTag, ObjectId),
    /// The index is to be read first.
    Read,
    /// Nothing until then.
    At(Timestamp),
    /// Nothing until something changes.
    Nothing,
}

/// How the waking of an object has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// An alarm ran, or is running by itself.
    Ran,
    /// There was nothing to run.
    Idle {
        /// When it really wants to be woken.
        next: Option<Timestamp>,
        /// What was known of it before it was looked at: if more has come since, this is old.
        seen: Seen,
    },
    /// It could not be woken.
    Failed {
        /// It is left alone until then.
        until: Timestamp,
    },
}

/// When an object is to be woken as the queue has it, whatever its database says.
#[cfg(feature = "testing")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planned {
    /// It counts as being woken.
    Running,
    /// It could not be woken, and is left alone for a while.
    Held,
    /// Then.
    At(Timestamp),
    /// Not before something changes.
    Never,
}

/// How often what is known of an object has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen(u64);

/// What is known of one object.
#[derive(Debug)]
struct Entry {
    class: ClassTag,
    /// When the log says that it wants to be woken.
    next: Option<Timestamp>,
    /// The position after the commit that said so.
    since: LogPosition,
    /// Whether the tables say the same.
    settled: bool,
    /// It is being woken.
    running: bool,
    /// It could not be woken, and is left alone until then.
    held: Option<Timestamp>,
    /// How often in a row it could not.
    failures: u32,
    /// Its asynchronous alarms that run, by their identities.
    flights: BTreeSet<String>,
    /// When the first of its other alarms is due, while any runs.
    beside: Option<Timestamp>,
    /// How often somebody has said something of it.
    seen: Seen,
}

impl Entry {
    fn new(class: ClassTag) -> Self {
        Entry {
            class,
            next: None,
            since: LogPosition(0),
            settled: false,
            running: false,
            held: None,
            failures: 0,
            flights: BTreeSet::new(),
            beside: None,
            seen: Seen::default(),
        }
    }

    /// When it is to be woken as things are.
    fn wake(&self) -> Option<Timestamp> {
        let wanted = if self.flights.is_empty() { self.next } else { self.beside };
        match self.running {
            true => None,
            false => wanted.map(|wanted| self.held.map_or(wanted, |held| held.max(wanted))),
        }
    }

    /// Whether there is nothing to remember.
    fn is_idle(&self) -> bool {
        self.settled && !self.running && self.held.is_none() && self.flights.is_empty()
    }
}

/// How far the index of a class was read.
#[derive(Debug, Default)]
struct Reader {
    ahead: VecDeque<(Timestamp, ObjectId)>,
    after: Option<(Timestamp, ObjectId)>,
    at_end: bool,
}

/// A part of the index that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) class: ClassTag,
    pub(super) after: Option<(Timestamp, ObjectId)>,
    generation: u64,
}

/// The objects that want to be woken, of the classes that are linked into the program.
#[derive(Debug, Default)]
pub(super) struct WakeQueue {
    entries: BTreeMap<ObjectId, Entry>,
    order: BTreeSet<(Timestamp, ObjectId)>,
    readers: BTreeMap<ClassTag, Reader>,
    /// Grows whenever the tables changed, so that what was read before is not taken for what is there now.
    generation: u64,
    /// Until when whoever asks is at rest; nothing while it is not.
    resting: Option<Option<Timestamp>>,
}

impl WakeQueue {
    /// Makes a class known. Whether it is new.
    pub(super) fn link(&mut self, class: ClassTag) -> bool {
        if self.readers.contains_key(&class) {
            return false;
        }
        self.readers.insert(class, Reader::default());
        let waiting: Vec<_> =
            self.entries.iter().filter(|(_, entry)| entry.class == class).map(|(id, _)| *id).collect();
        for id in waiting {
            self.change(id, |_| ());
        }
        true
    }

    /// The log says when an object wants to be woken. Whether that is before anything that was waited for.
    pub(super) fn note(&mut self, class: ClassTag, id: ObjectId, next: Option<Timestamp>, since: LogPosition) -> bool {
        self.entries.entry(id).or_insert_with(|| Entry::new(class));
        self.hear(id, |entry| {
            entry.next = next;
            entry.since = since;
            entry.settled = false;
            // Somebody has woken it.
            entry.held = None;
        })
    }

    /// An object is to be looked at, whatever the log said.
    pub(super) fn look_at(&mut self, class: ClassTag, id: ObjectId, now: Timestamp) {
        self.entries.entry(id).or_insert_with(|| Entry::new(class));
        self.hear(id, |entry| {
            let wanted = if entry.flights.is_empty() { &mut entry.next } else { &mut entry.beside };
            *wanted = Some(now);
            entry.settled = false;
        });
    }

    /// An asynchronous alarm of an object begins; `beside` is when the first of its others is due.
    pub(super) fn begin_flight(&mut self, class: ClassTag, id: ObjectId, alarm: &str, beside: Option<Timestamp>) {
        self.entries.entry(id).or_insert_with(|| Entry::new(class));
        self.hear(id, |entry| {
            entry.flights.insert(alarm.to_owned());
            entry.beside = beside;
        });
    }

    /// When the first alarm of an object is due that does not run. Whether that is before anything that was waited for.
    pub(super) fn note_beside(&mut self, id: ObjectId, beside: Option<Timestamp>) -> bool {
        self.hear(id, |entry| entry.beside = beside)
    }

    /// An asynchronous alarm has ended. Whether something is due before anything that was waited for.
    pub(super) fn end_flight(&mut self, id: ObjectId, alarm: &str) -> bool {
        let earlier = self.hear(id, |entry| {
            entry.flights.remove(alarm);
        });
        self.tidy(id);
        earlier
    }

    /// The asynchronous alarms of an object that run.
    pub(super) fn flights(&self, id: ObjectId) -> BTreeSet<String> {
        self.entries.get(&id).map(|entry| entry.flights.clone()).unwrap_or_default()
    }

    /// What is known of an object: to be asked for before it is looked at.
    pub(super) fn seen(&self, id: ObjectId) -> Seen {
        self.entries.get(&id).map_or(Seen::default(), |entry| entry.seen)
    }

    /// How often in a row an object could not be woken.
    pub(super) fn failures(&self, id: ObjectId) -> u32 {
        self.entries.get(&id).map_or(0, |entry| entry.failures)
    }

    /// The next object to wake.
    pub(super) fn next(&mut self, now: Timestamp) -> NextWake {
        self.resting = None;
        let mut first: Option<(Timestamp, ObjectId, Option<ClassTag>)> =
            self.order.first().map(|(at, id)| (*at, *id, None));
        if planted(Defect::LatestFirst) {
            let late = self.order.range(..(now, ObjectId([u8::MAX; 32]))).next_back();
            first = late.map(|(at, id)| (*at, *id, None)).or(first);
        }
        for (class, reader) in &mut self.readers {
            while reader.ahead.front().is_some_and(|(_, id)| self.entries.contains_key(id)) {
                reader.ahead.pop_front();
            }
            match reader.ahead.front() {
                None if !reader.at_end => return NextWake::Read,
                None => {}
                Some((at, id)) if first.is_none_or(|(earliest, of, _)| (*at, *id) < (earliest, of)) => {
                    first = Some((*at, *id, Some(*class)));
                }
                Some(_) => {}
            }
        }
        match first {
            None => {
                self.resting = Some(None);
                NextWake::Nothing
            }
            Some((at, ..)) if at > now => {
                self.resting = Some(Some(at));
                NextWake::At(at)
            }
            Some((at, id, read)) => {
                if let Some(class) = read {
                    self.entries.insert(id, Entry { next: Some(at), settled: true, ..Entry::new(class) });
                }
                self.change(id, |entry| entry.running = true);
                match self.entries.get(&id) {
                    Some(entry) => NextWake::Due(entry.class, id),
                    None => NextWake::Nothing,
                }
            }
        }
    }

    /// When an object is to be woken, if it is not as the tables say; and the generation of the tables for which that holds.
    #[cfg(feature = "testing")]
    pub(super) fn planned(&self, id: ObjectId) -> (Option<Planned>, u64) {
        let planned = self.entries.get(&id).map(|entry| match entry.wake() {
            _ if entry.running => Planned::Running,
            _ if entry.held.is_some() => Planned::Held,
            Some(at) if self.order.contains(&(at, id)) => Planned::At(at),
            _ => Planned::Never,
        });
        (planned, self.generation)
    }

    /// Until when whoever asks is at rest; nothing while it is not.
    #[cfg(feature = "testing")]
    pub(super) fn resting(&self) -> Option<Option<Timestamp>> {
        self.resting
    }

    /// The parts of the index that are to be read.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let empty = self.readers.iter().filter(|(_, reader)| reader.ahead.is_empty() && !reader.at_end);
        empty
            .map(|(class, reader)| Wanted { class: *class, after: reader.after, generation: self.generation })
            .collect()
    }

    /// What was read.
    pub(super) fn put_read(&mut self, wanted: Wanted, rows: Vec<(Timestamp, ObjectId)>) {
        let Some(reader) = self.readers.get_mut(&wanted.class) else { return };
        let is_old = wanted.generation != self.generation && !planted(Defect::OldIndexBelieved);
        if is_old || reader.after != wanted.after {
            return;
        }
        reader.at_end = rows.len() < AHEAD;
        reader.after = rows.last().copied().or(reader.after);
        reader.ahead = rows.into();
    }

    /// An object is not being woken any more.
    pub(super) fn release(&mut self, id: ObjectId, woken: Woken) {
        self.change(id, |entry| {
            entry.running = false;
            match woken {
                Woken::Ran => (entry.failures, entry.held) = (0, None),
                // What came while it was looked at is newer.
                Woken::Idle { seen, .. } if entry.seen != seen && !planted(Defect::OldLookBelieved) => {
                    (entry.failures, entry.held) = (0, None);
                }
                Woken::Idle { next, .. } => {
                    (entry.failures, entry.held) = (0, None);
                    match entry.flights.is_empty() {
                        true => {
                            entry.settled &= entry.next == next;
                            entry.next = next;
                        }
                        false => entry.beside = next,
                    }
                }
                Woken::Failed { until } => {
                    entry.failures = entry.failures.saturating_add(1);
                    entry.held = Some(until);
                }
            }
        });
        self.tidy(id);
    }

    /// Forgets an object of which the tables say as much: its row may have been passed over meanwhile, and is read again.
    fn tidy(&mut self, id: ObjectId) {
        if let Some(entry) = self.entries.get(&id).filter(|entry| entry.is_idle()) {
            if let Some(reader) = self.readers.get_mut(&entry.class) {
                *reader = Reader::default();
            }
            self.generation += 1;
            self.forget(id);
        }
    }

    /// The tables are up to the heads of these objects.
    ///
    /// What was noted after a head was handed over is newer than it, even if it says the same: an older one may follow.
    pub(super) fn settled(&mut self, heads: impl Iterator<Item = (ObjectId, LogPosition)>) {
        for (id, applied) in heads {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.settled = applied >= entry.since || planted(Defect::OlderHeadBelieved);
                if entry.is_idle() {
                    self.forget(id);
                }
            }
        }
        self.generation += 1;
        self.readers.values_mut().for_each(|reader| *reader = Reader::default());
    }

    /// Whether it knows of no object more than the tables do.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.order.is_empty()
    }

    /// The rows that were read ahead.
    #[cfg(test)]
    pub(super) fn rows_in_memory(&self) -> usize {
        self.readers.values().map(|reader| reader.ahead.len()).sum()
    }

    fn forget(&mut self, id: ObjectId) {
        if let Some(entry) = self.entries.remove(&id)
            && let Some(at) = entry.wake()
        {
            self.order.remove(&(at, id));
        }
    }

    /// Somebody says something of an object: what is found by who looks at it meanwhile is old.
    fn hear(&mut self, id: ObjectId, change: impl FnOnce(&mut Entry)) -> bool {
        self.change(id, |entry| {
            entry.seen.0 += 1;
            change(entry);
        })
    }

    /// Changes an entry, and its place in the order. Whether it comes before anything that was waited for.
    fn change(&mut self, id: ObjectId, change: impl FnOnce(&mut Entry)) -> bool {
        let Some(entry) = self.entries.get_mut(&id) else { return false };
        if let Some(at) = entry.wake() {
            self.order.remove(&(at, id));
        }
        change(entry);
        if !self.readers.contains_key(&entry.class) {
            return false;
        }
        let Some(at) = entry.wake() else { return false };
        self.order.insert((at, id));
        self.resting.is_some_and(|until| until.is_none_or(|until| at < until))
    }
}
