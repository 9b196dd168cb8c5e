//! Page differences that may be anything, and an image under any sequence of what is done with one.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::delta::{self, Encoder, PagesMut, ZERO};
use super::{Image, PAGE, Page, PageSource};
use crate::Limits;
use crate::error::Result;
use crate::fuzzing::Input;

/// Pages that a delta has asked for.
#[derive(Default)]
struct Changed(BTreeMap<u32, Box<Page>>);

impl PagesMut for Changed {
    fn page_mut(&mut self, number: u32) -> Result<&mut Page> {
        Ok(self.0.entry(number).or_insert_with(|| Box::new(ZERO)))
    }
}

/// A delta that is damaged changes nothing; any other leads from pages to the same pages, encoded again too.
pub(crate) fn delta(input: &[u8]) {
    let (count, rest) = input.split_at(input.len().min(2));
    let pages = count.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    let mut changed = Changed::default();
    if delta::apply(rest, pages, &mut changed).is_err() {
        assert!(changed.0.is_empty());
        return;
    }
    let mut again = Vec::new();
    let mut encoder = Encoder::new(&mut again);
    for (number, page) in &changed.0 {
        assert!(*number < pages);
        assert_eq!(encoder.page(*number, &ZERO, page), **page != ZERO);
    }
    let mut twice = Changed::default();
    delta::apply(&again, pages, &mut twice).expect("what was encoded can be applied");
    changed.0.retain(|_, page| **page != ZERO);
    assert!(changed.0 == twice.0, "pages differ that were encoded again");
}

/// What was handed over, and a page source that has it.
#[derive(Default)]
struct Rested(Mutex<Vec<Arc<Page>>>);

impl PageSource for Rested {
    fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        let pages = self.0.lock();
        let there = (page..page.saturating_add(count)).filter_map(|number| Some((number, pages.get(number as usize)?)));
        there.for_each(|(number, page)| into(number, page.clone()));
        Ok(())
    }
}

/// An image, and what must be in it.
struct Modelled {
    image: Image,
    source: Arc<Rested>,
    /// Now, and before the open transaction.
    pages: Vec<Page>,
    before: Option<Vec<Page>>,
    /// Led to `before` or `pages` by the deltas alone.
    replayed: Image,
}

/// Any sequence of writes, transactions, hand-overs and loading leaves the pages that a list of pages would have, and so
/// do the deltas of its commits.
pub(crate) fn image(input: &[u8]) {
    let mut input = Input::new(input);
    let mut modelled = Modelled {
        image: Image::empty(Limits::DEFAULT),
        source: Arc::default(),
        pages: Vec::new(),
        before: None,
        replayed: Image::empty(Limits::DEFAULT),
    };
    for _ in 0..200 {
        if input.is_empty() {
            break;
        }
        modelled.step(&mut input);
    }
    modelled.end();
    modelled.check();
}

impl Modelled {
    fn step(&mut self, input: &mut Input<'_>) {
        let (what, number) = (input.byte() % 16, input.below(24));
        match (what, self.before.is_some()) {
            (0..2, false) => {
                self.image.begin();
                self.before = Some(self.pages.clone());
            }
            (2..7, true) => {
                if number >= self.pages.len() {
                    self.pages.resize(number + 1, ZERO);
                }
                let (from, length, byte) = (input.below(PAGE), input.below(64), input.byte());
                self.pages[number][from..(from + length).min(PAGE)].fill(byte);
                assert_eq!(self.image.write(number as u32, &self.pages[number]), Ok(()));
            }
            (7..9, true) => {
                self.pages.resize(number, ZERO);
                assert_eq!(self.image.resize(number as u32), Ok(()));
            }
            (9..11, true) => self.commit(),
            (11, true) => {
                self.image.rollback();
                self.pages = self.before.take().unwrap_or_default();
            }
            (12, false) => self.hand_over(),
            (13, _) => self.image.shed((number * PAGE) as u64),
            (14, false) => {
                self.hand_over();
                let size = self.image.size();
                let stored = Image::stored(size, self.source.clone(), Limits::DEFAULT);
                self.image = stored.expect("a small image fits into memory");
            }
            _ => {
                let mut bytes = vec![0; 700];
                let at = number * PAGE + 3_800;
                let count = self.image.read(at as u64, &mut bytes).expect("the source has each page");
                let all = self.pages.as_flattened();
                assert!(bytes[..count] == all[at.min(all.len())..(at + 700).min(all.len())]);
            }
        }
    }

    fn commit(&mut self) {
        let mut delta = Vec::new();
        let changed = self.image.commit(&mut delta);
        assert!(changed || self.before.as_ref() == Some(&self.pages));
        self.before = None;
        let replayed = self.replayed.replay(&delta, self.image.size());
        replayed.expect("the delta of a commit can be replayed");
    }

    /// As an object does it between handlers: what was cut off is gone, the rest is kept.
    fn hand_over(&mut self) {
        let handed = self.image.take_dirty();
        let mut kept = self.source.0.lock();
        kept.resize(self.image.size() as usize, Arc::new(ZERO));
        for (number, page) in handed {
            kept[number as usize] = page;
        }
        drop(kept);
        self.image.set_source(self.source.clone());
        let hand_over = self.image.hand_over();
        self.image.kept(hand_over);
    }

    fn end(&mut self) {
        if self.before.is_some() {
            self.commit();
        }
        self.hand_over();
    }

    fn check(&mut self) {
        let stored = Image::stored(self.pages.len() as u32, self.source.clone(), Limits::DEFAULT);
        let mut stored = stored.expect("a small image fits into memory");
        for (what, image) in
            [("the image", &mut self.image), ("its deltas", &mut self.replayed), ("the store", &mut stored)]
        {
            let pages = image.to_pages().expect("the source has each page");
            assert!(pages.iter().map(|page| **page).eq(self.pages.iter().copied()), "{what} has other pages");
        }
    }
}
