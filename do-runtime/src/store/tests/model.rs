//! Random commits of a few objects, with a log that holds them and a model that knows what they lead to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::world::{CLASS, TEMPLATE, at};
use crate::ObjectId;
use crate::env::SeededRandom;
use crate::image::delta::Encoder;
use crate::image::{PAGE, Page};
use crate::journal::{Commit, CommitKind, LogPosition};
use crate::store::{Changes, Head, PageStore, Replay, SqlitePageStore, WriteBehind};

/// The bytes that the pages of the template are full of.
pub(super) const TEMPLATE_BYTES: [u8; 4] = [200, 201, 202, 203];

/// A record of the log.
#[derive(Clone)]
pub(super) struct Record {
    pub(super) object: ObjectId,
    pub(super) sequence: u64,
    pub(super) pages: u32,
    pub(super) kind: Kind,
    pub(super) delta: Vec<u8>,
    pub(super) position: LogPosition,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Create,
    Change,
    Delete,
}

/// An object as it should be.
#[derive(Default)]
struct Modelled {
    /// Its pages, while it lives.
    pages: Option<Vec<Page>>,
    sequence: u64,
    applied: LogPosition,
    /// Since the last hand-over: what it had then, and how small it was in between.
    handed: Vec<Page>,
    smallest: usize,
    dirty: bool,
}

pub(super) struct Model {
    random: SeededRandom,
    objects: BTreeMap<ObjectId, Modelled>,
    pub(super) log: Vec<Record>,
}

impl Model {
    pub(super) fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        // Two partitions, three objects each.
        let ids = (0..6u8).map(|number| super::world::object(number % 2, 0x10 + number));
        let objects = ids.map(|id| (id, Modelled::default())).collect();
        Model { random, objects, log: Vec::new() }
    }

    pub(super) fn below(&self, bound: u64) -> u64 {
        self.random.below(bound)
    }

    pub(super) fn ids(&self) -> Vec<ObjectId> {
        self.objects.keys().copied().collect()
    }

    pub(super) fn end(&self) -> LogPosition {
        self.log.last().map_or(LogPosition(0), |record| record.position)
    }

    /// One commit of a random object; a deletion is handed over at once.
    pub(super) fn commit(&mut self, behind: &WriteBehind, store: &SqlitePageStore) {
        let random = &self.random;
        let id = *self.objects.keys().nth(random.below(6) as usize).unwrap();
        let position = LogPosition(self.end().0 + 1 + random.below(400));
        let object = self.objects.get_mut(&id).unwrap();
        let before = object.pages.clone();
        let (kind, after) = match before {
            None => (Kind::Create, Some(changed(random, TEMPLATE_BYTES.map(|byte| [byte; PAGE]).to_vec()))),
            Some(_) if random.below(12) == 0 => (Kind::Delete, None),
            Some(pages) => (Kind::Change, Some(changed(random, pages))),
        };
        let base = match kind {
            Kind::Create => TEMPLATE_BYTES.map(|byte| [byte; PAGE]).to_vec(),
            Kind::Change | Kind::Delete => object.pages.clone().unwrap_or_default(),
        };
        object.sequence = if kind == Kind::Create { 1 } else { object.sequence + 1 };
        object.applied = position;
        let record = Record {
            object: id,
            sequence: object.sequence,
            pages: after.as_ref().map_or(0, |pages| pages.len() as u32),
            kind,
            delta: difference(&base, after.as_deref().unwrap_or_default()),
            position,
        };
        self.log.push(record);
        if kind == Kind::Create {
            object.handed = base;
            object.smallest = object.handed.len();
            store.registry().note_created(CLASS, id, Some(name_of(id)), at(1));
        }
        object.smallest = object.smallest.min(after.as_ref().map_or(0, Vec::len));
        object.pages = after;
        object.dirty = true;
        if kind == Kind::Delete {
            store.registry().note_deleted(CLASS, id);
            self.hand_over(behind, id);
        }
    }

    /// What an object does between handlers.
    pub(super) fn hand_over(&mut self, behind: &WriteBehind, id: ObjectId) {
        let object = self.objects.get_mut(&id).unwrap();
        if !std::mem::take(&mut object.dirty) {
            return;
        }
        let pages = object.pages.clone().unwrap_or_default();
        let head = Head {
            class: CLASS,
            name: Some(name_of(id)),
            sequence: object.sequence,
            applied: object.applied,
            pages: pages.len() as u32,
            template: Some(TEMPLATE),
            next_alarm: None,
            last_used: at(2),
            deleted: object.pages.is_none(),
        };
        let is_changed = |number: usize, page: &Page| match object.handed.get(number) {
            Some(handed) => handed != page,
            None => *page != [0; PAGE] || number >= object.smallest && number < object.handed.len(),
        };
        let of = pages.iter().enumerate().filter(|(number, page)| is_changed(*number, page));
        let changed = of.map(|(number, page)| (number as u32, Arc::new(*page))).collect();
        object.smallest = pages.len();
        object.handed = pages;
        behind.put(Changes { object: id, head, pages: changed });
    }

    /// After a crash nothing is dirty and everything was handed over.
    pub(super) fn recovered(&mut self) {
        for object in self.objects.values_mut() {
            object.dirty = false;
            object.handed = object.pages.clone().unwrap_or_default();
            object.smallest = object.handed.len();
        }
    }

    /// Whether each object would be woken as it should be, and is listed so.
    pub(super) fn check(&self, behind: &WriteBehind, store: &SqlitePageStore) {
        for (id, object) in &self.objects {
            let head = behind.head(*id).unwrap().filter(|head| !head.deleted);
            assert_eq!(head.is_some(), object.pages.is_some(), "whether {id} exists");
            assert_eq!(store.registry().exists(*id).unwrap(), object.pages.is_some(), "whether {id} is listed");
            let (Some(head), Some(expected)) = (head, &object.pages) else { continue };
            assert_eq!((head.sequence, head.applied), (object.sequence, object.applied), "{id}");
            assert_eq!(head.pages as usize, expected.len(), "{id}");
            let mut pages = vec![[0; PAGE]; expected.len()];
            behind.read(*id, 0, head.pages, &mut |number, page| pages[number as usize] = *page).unwrap();
            for (number, (is, should)) in pages.iter().zip(expected).enumerate() {
                assert!(is == should, "page {number} of {id} begins with {}, not {}", is[0], should[0]);
            }
        }
        let living = self.objects.values().filter(|object| object.pages.is_some()).count();
        assert_eq!(store.registry().list(CLASS, None, None, 100).unwrap().len(), living);
    }

    /// Applies the log from the last checkpoint on.
    pub(super) fn replay(&self, replay: &mut Replay<'_>, from: LogPosition, to: LogPosition) {
        for record in self.log.iter().filter(|record| record.position > from && record.position <= to) {
            replay.apply(&record.commit(&name_of(record.object)), record.position).unwrap();
        }
    }
}

impl Record {
    pub(super) fn commit<'a>(&'a self, name: &'a str) -> Commit<'a> {
        let kind = match self.kind {
            Kind::Create => CommitKind::Create { name: Some(name), template: TEMPLATE },
            Kind::Change => CommitKind::Change,
            Kind::Delete => CommitKind::Delete,
        };
        Commit {
            class: CLASS,
            object: self.object,
            sequence: self.sequence,
            pages: self.pages,
            next_alarm: None,
            kind,
            delta: &self.delta,
        }
    }
}

pub(super) fn put_template(store: &SqlitePageStore) {
    let pages: Vec<_> = TEMPLATE_BYTES.iter().map(|byte| super::world::page(*byte)).collect();
    store.put_template(TEMPLATE, &pages).unwrap();
}

fn name_of(id: ObjectId) -> Arc<str> {
    format!("room {}", id.as_bytes()[5]).into()
}

fn changed(random: &SeededRandom, mut pages: Vec<Page>) -> Vec<Page> {
    match random.below(5) {
        0 => pages.truncate(1 + random.below(pages.len() as u64) as usize),
        1 => pages.resize(pages.len() + random.below(4) as usize, [0; PAGE]),
        _ => {}
    }
    for _ in 0..=random.below(3) {
        let number = random.below(pages.len() as u64) as usize;
        let (start, len) = (random.below(PAGE as u64) as usize, random.below(300) as usize);
        pages[number][start..(start + len).min(PAGE)].fill(random.below(256) as u8);
    }
    pages
}

fn difference(before: &[Page], after: &[Page]) -> Vec<u8> {
    let mut delta = Vec::new();
    let mut encoder = Encoder::new(&mut delta);
    for (number, page) in after.iter().enumerate() {
        encoder.page(number as u32, before.get(number).unwrap_or(&[0; PAGE]), page);
    }
    delta
}
