//! When objects want to be woken: the registry's index, and over it what the log has said since the last checkpoint.
//!
//! In memory are only the objects whose next alarm changed since the last checkpoint, those that are being woken now, and a
//! few rows of the index read ahead. Taking the next one and noting a change never touch the disk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rusqlite::params;

use super::registry::Registry;
use crate::error::Result;
use crate::journal::ClassTag;
use crate::{ObjectId, Timestamp};

/// Rows of the index that are read at once for each class.
const AHEAD: usize = 64;

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
    /// There was nothing to run: this is when it really wants to be woken.
    Idle(Option<Timestamp>),
    /// It could not be woken.
    Failed {
        /// It is left alone until then.
        until: Timestamp,
    },
}

/// What is known of one object.
#[derive(Debug)]
struct Entry {
    class: ClassTag,
    /// When the log says that it wants to be woken.
    next: Option<Timestamp>,
    /// What the tables say, if that is known.
    table: Option<Option<Timestamp>>,
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
}

impl Entry {
    fn new(class: ClassTag, next: Option<Timestamp>, table: Option<Option<Timestamp>>) -> Self {
        Entry { class, next, table, running: false, held: None, failures: 0, flights: BTreeSet::new(), beside: None }
    }

    /// When it is to be woken as things are.
    fn wake(&self) -> Option<Timestamp> {
        let wanted = if self.flights.is_empty() { self.next } else { self.beside };
        match self.running {
            true => None,
            false => wanted.map(|wanted| self.held.map_or(wanted, |held| held.max(wanted))),
        }
    }

    /// Whether the tables alone say the same.
    fn is_settled(&self) -> bool {
        !self.running && self.held.is_none() && self.flights.is_empty() && self.table == Some(self.next)
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
struct Wanted {
    class: ClassTag,
    after: Option<(Timestamp, ObjectId)>,
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
    fn link(&mut self, class: ClassTag) -> bool {
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
    fn note(&mut self, class: ClassTag, id: ObjectId, next: Option<Timestamp>) -> bool {
        self.entries.entry(id).or_insert_with(|| Entry::new(class, None, None));
        self.change(id, |entry| {
            entry.next = next;
            // Somebody has woken it.
            entry.held = None;
        })
    }

    /// An asynchronous alarm of an object begins; `beside` is when the first of its others is due.
    fn begin_flight(&mut self, class: ClassTag, id: ObjectId, alarm: &str, beside: Option<Timestamp>) {
        self.entries.entry(id).or_insert_with(|| Entry::new(class, None, None));
        self.change(id, |entry| {
            entry.flights.insert(alarm.to_owned());
            entry.beside = beside;
        });
    }

    /// When the first alarm of an object is due that does not run. Whether that is before anything that was waited for.
    fn note_beside(&mut self, id: ObjectId, beside: Option<Timestamp>) -> bool {
        self.change(id, |entry| entry.beside = beside)
    }

    /// An asynchronous alarm has ended. Whether something is due before anything that was waited for.
    fn end_flight(&mut self, id: ObjectId, alarm: &str) -> bool {
        let earlier = self.change(id, |entry| {
            entry.flights.remove(alarm);
        });
        self.tidy(id);
        earlier
    }

    /// The asynchronous alarms of an object that run.
    fn flights(&self, id: ObjectId) -> BTreeSet<String> {
        self.entries.get(&id).map(|entry| entry.flights.clone()).unwrap_or_default()
    }

    /// How often in a row an object could not be woken.
    fn failures(&self, id: ObjectId) -> u32 {
        self.entries.get(&id).map_or(0, |entry| entry.failures)
    }

    /// The next object to wake.
    fn next(&mut self, now: Timestamp) -> NextWake {
        self.resting = None;
        let mut first: Option<(Timestamp, ObjectId, Option<ClassTag>)> =
            self.order.first().map(|(at, id)| (*at, *id, None));
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
                    self.entries.insert(id, Entry::new(class, Some(at), Some(Some(at))));
                }
                self.change(id, |entry| entry.running = true);
                match self.entries.get(&id) {
                    Some(entry) => NextWake::Due(entry.class, id),
                    None => NextWake::Nothing,
                }
            }
        }
    }

    /// The parts of the index that are to be read.
    fn wanted(&self) -> Vec<Wanted> {
        let empty = self.readers.iter().filter(|(_, reader)| reader.ahead.is_empty() && !reader.at_end);
        empty
            .map(|(class, reader)| Wanted { class: *class, after: reader.after, generation: self.generation })
            .collect()
    }

    /// What was read.
    fn put_read(&mut self, wanted: Wanted, rows: Vec<(Timestamp, ObjectId)>) {
        let Some(reader) = self.readers.get_mut(&wanted.class) else { return };
        if wanted.generation != self.generation || reader.after != wanted.after {
            return;
        }
        reader.at_end = rows.len() < AHEAD;
        reader.after = rows.last().copied().or(reader.after);
        reader.ahead = rows.into();
    }

    /// An object is not being woken any more.
    fn release(&mut self, id: ObjectId, woken: Woken) {
        self.change(id, |entry| {
            entry.running = false;
            match woken {
                Woken::Ran => (entry.failures, entry.held) = (0, None),
                Woken::Idle(next) => {
                    (entry.failures, entry.held) = (0, None);
                    match entry.flights.is_empty() {
                        true => entry.next = next,
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
        if let Some(entry) = self.entries.get(&id).filter(|entry| entry.is_settled()) {
            if let Some(reader) = self.readers.get_mut(&entry.class) {
                *reader = Reader::default();
            }
            self.generation += 1;
            self.forget(id);
        }
    }

    /// The tables are up to the heads of these objects.
    pub(super) fn settled(&mut self, heads: impl Iterator<Item = (ObjectId, Option<Timestamp>)>) {
        for (id, next) in heads {
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.table = Some(next);
                if entry.is_settled() {
                    self.forget(id);
                }
            }
        }
        self.generation += 1;
        self.readers.values_mut().for_each(|reader| *reader = Reader::default());
    }

    fn forget(&mut self, id: ObjectId) {
        if let Some(entry) = self.entries.remove(&id)
            && let Some(at) = entry.wake()
        {
            self.order.remove(&(at, id));
        }
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

impl Registry {
    /// A class is linked into the program: its objects are woken when they want to be. Whether that is new.
    pub fn link_class(&self, class: ClassTag) -> bool {
        self.wakes.lock().link(class)
    }

    /// The log says when an object wants to be woken. Whether that is before anything that is waited for.
    pub fn note_alarm(&self, class: ClassTag, id: ObjectId, next: Option<Timestamp>) -> bool {
        self.wakes.lock().note(class, id, next)
    }

    /// An asynchronous alarm of an object begins; `beside` is when the first of its others is due.
    pub fn begin_flight(&self, class: ClassTag, id: ObjectId, alarm: &str, beside: Option<Timestamp>) {
        self.wakes.lock().begin_flight(class, id, alarm, beside);
    }

    /// When the first alarm of an object is due that does not run. Whether that is before anything that is waited for.
    pub fn note_beside(&self, id: ObjectId, beside: Option<Timestamp>) -> bool {
        self.wakes.lock().note_beside(id, beside)
    }

    /// An asynchronous alarm of an object has ended. Whether something is due before anything that is waited for.
    pub fn end_flight(&self, id: ObjectId, alarm: &str) -> bool {
        self.wakes.lock().end_flight(id, alarm)
    }

    /// The asynchronous alarms of an object that run.
    pub fn flights(&self, id: ObjectId) -> BTreeSet<String> {
        self.wakes.lock().flights(id)
    }

    /// How often in a row an object could not be woken.
    pub fn wake_failures(&self, id: ObjectId) -> u32 {
        self.wakes.lock().failures(id)
    }

    /// What is to be done next. Touches no disk.
    pub fn next_wake(&self, now: Timestamp) -> NextWake {
        self.wakes.lock().next(now)
    }

    /// An object that [`Registry::next_wake`] gave is not being woken any more.
    pub fn release_wake(&self, id: ObjectId, woken: Woken) {
        self.wakes.lock().release(id, woken);
    }

    /// Reads the index where that is needed.
    pub fn read_wakes(&self) -> Result<()> {
        let wanted = self.wakes.lock().wanted();
        for wanted in wanted {
            let rows = self.alarms(wanted.class, wanted.after, AHEAD)?;
            self.wakes.lock().put_read(wanted, rows);
        }
        Ok(())
    }

    /// Up to `limit` alarms of a class in the tables after a time and object, in order of time. Commits since the last
    /// checkpoint may have set others.
    pub fn alarms(
        &self,
        class: ClassTag,
        after: Option<(Timestamp, ObjectId)>,
        limit: usize,
    ) -> Result<Vec<(Timestamp, ObjectId)>> {
        let (at, id) = after.unwrap_or((Timestamp::from_millis(i64::MIN), ObjectId([0; 32])));
        self.with(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT next_alarm, id FROM objects
                 WHERE class = ?1 AND next_alarm IS NOT NULL AND (next_alarm, id) > (?2, ?3)
                 ORDER BY next_alarm, id LIMIT ?4",
            )?;
            let mut rows = statement.query(params![class.0 as i64, at.as_millis(), id.as_bytes(), limit as i64])?;
            let mut alarms = Vec::new();
            while let Some(row) = rows.next()? {
                alarms.push((Timestamp::from_millis(row.get(0)?), ObjectId(row.get(1)?)));
            }
            Ok(alarms)
        })
    }
}
