//! What became of one object since the store last got it: laid over what the store has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::page_store::{Changes, Head};
use crate::ObjectId;
use crate::image::{PAGE, Page};
use crate::journal::LogPosition;
use crate::planted::{Defect, planted};

/// What a page takes in memory, with what is kept beside it.
const PAGE_COST: usize = PAGE + 64;
/// What a layer takes without its pages.
const LAYER_COST: usize = 512;

/// Several states handed over, as one.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    /// The log holds from here on every commit that is in the layer.
    pub(super) since: LogPosition,
    /// The object was deleted before it began anew: nothing that lies below shows.
    pub(super) buried: Option<Head>,
    pub(super) head: Head,
    /// Pages from here on are never taken from below: they were cut off in between, and are zero unless they are here.
    pub(super) cut: u32,
    pub(super) pages: BTreeMap<u32, Arc<Page>>,
}

impl Layer {
    pub(super) fn new(changes: Changes, since: LogPosition) -> Self {
        let Changes { mut head, pages, .. } = changes;
        if head.deleted {
            head.pages = 0;
        }
        let mut layer = Layer { since, buried: None, cut: head.pages, head, pages: BTreeMap::new() };
        layer.put(pages);
        layer
    }

    /// A later state comes over this one. One that is not later is passed over.
    pub(super) fn absorb(&mut self, changes: Changes) {
        let Changes { head, pages, .. } = changes;
        if head.applied < self.head.applied {
            return;
        }
        if head.deleted {
            self.bury(head);
            return;
        }
        if self.head.deleted {
            let since = self.since;
            let buried = (!planted(Defect::DeletedPagesComeBack)).then(|| self.head.clone());
            *self = Layer { since, buried, cut: head.pages, head, pages: BTreeMap::new() };
        } else {
            self.advance(head);
        }
        self.put(pages);
    }

    /// A whole later layer comes over this one.
    pub(super) fn absorb_layer(&mut self, object: ObjectId, later: Layer) {
        for changes in later.into_changes(object) {
            self.absorb(changes);
        }
    }

    /// The head of a later state, whose pages follow.
    pub(super) fn advance(&mut self, head: Head) {
        if !planted(Defect::CutOffPageReadAgain) {
            self.cut = self.cut.min(head.pages);
        }
        self.pages.split_off(&head.pages);
        self.head = head;
    }

    /// The object was deleted.
    pub(super) fn bury(&mut self, head: Head) {
        self.pages.clear();
        self.cut = 0;
        self.buried = None;
        self.head = Head { pages: 0, ..head };
    }

    fn put(&mut self, pages: Vec<(u32, Arc<Page>)>) {
        let size = self.head.pages;
        self.pages.extend(pages.into_iter().filter(|(number, _)| *number < size));
    }

    /// The object began in this layer: only its template lies below.
    pub(super) fn is_whole(&self) -> bool {
        self.buried.is_some() || self.head.deleted
    }

    /// What it takes in memory, in bytes.
    pub(super) fn cost(&self) -> usize {
        LAYER_COST + self.pages.len() * PAGE_COST
    }

    /// As a store takes it: up to three states one after another, for one transaction.
    pub(super) fn into_changes(self, object: ObjectId) -> Vec<Changes> {
        let mut states = Vec::with_capacity(1);
        states.extend(self.buried.map(|head| Changes { object, head, pages: Vec::new() }));
        let grown = self.head.pages.saturating_sub(self.cut) as usize;
        if self.pages.range(self.cut..).count() < grown {
            // Cut off first, so that nothing stale is below what it grew to afterwards.
            states.push(Changes { object, head: Head { pages: self.cut, ..self.head.clone() }, pages: Vec::new() });
        }
        states.push(Changes { object, head: self.head, pages: self.pages.into_iter().collect() });
        states
    }
}
