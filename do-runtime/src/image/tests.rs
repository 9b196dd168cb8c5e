//! Images: transactions, residency, deltas.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::delta::{self, Encoder, PagesMut, ZERO};
use super::{Image, ImageFailure, PAGE, Page, PageSource};
use crate::Limits;
use crate::error::{Error, ErrorKind, Result};

/// Numbers that look random and are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn page(byte: u8) -> Page {
    [byte; PAGE]
}

fn arc(byte: u8) -> Arc<Page> {
    Arc::new(page(byte))
}

fn content(image: &mut Image) -> Vec<Page> {
    let mut bytes = vec![0; image.size() as usize * PAGE];
    assert_eq!(image.read(0, &mut bytes), Ok(bytes.len()));
    bytes.chunks_exact(PAGE).map(|page| page.try_into().unwrap()).collect()
}

fn bytes_of(image: &mut Image) -> Vec<u8> {
    content(image).iter().map(|page| page[0]).collect()
}

/// Pages that are full of their number plus 100, but each third of them was never written.
#[derive(Default)]
struct Stored {
    loads: Mutex<Vec<(u32, u32)>>,
    failing: AtomicUsize,
}

impl PageSource for Stored {
    fn load(&self, page: u32, count: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
        if self.failing.load(Ordering::Relaxed) == page as usize + 1 {
            return Err(Error::new(ErrorKind::Storage, format!("page {page} is damaged")));
        }
        self.loads.lock().push((page, count));
        (page..page + count).filter(|number| number % 3 != 2).for_each(|number| into(number, arc(number as u8 + 100)));
        Ok(())
    }
}

impl PagesMut for Vec<Page> {
    fn page_mut(&mut self, number: u32) -> Result<&mut Page> {
        Ok(&mut self[number as usize])
    }
}

#[test]
fn a_delta_turns_the_pages_before_into_those_after() {
    let mut numbers = Numbers(7);
    for round in 0..2_000u64 {
        let mut before = vec![ZERO; 6];
        before.iter_mut().flatten().for_each(|byte| *byte = numbers.below(3) as u8);
        let mut after = before.clone();
        for _ in 0..round % 17 {
            let page = &mut after[numbers.below(6) as usize];
            let start = numbers.below(PAGE as u64) as usize;
            let end = (start + numbers.below(40) as usize).min(PAGE);
            page[start..end].iter_mut().for_each(|byte| *byte = numbers.below(256) as u8);
        }
        let mut encoded = Vec::new();
        let mut encoder = Encoder::new(&mut encoded);
        for number in 0..6 {
            let differs = encoder.page(number as u32, &before[number], &after[number]);
            assert_eq!(differs, before[number] != after[number]);
        }
        delta::apply(&encoded, 6, &mut before).unwrap();
        assert!(before == after, "round {round}");
    }
}

#[test]
fn a_small_change_makes_a_small_delta() {
    let mut after = page(9);
    after[100] = 1;
    after[102] = 1;
    after[4095] = 1;
    let mut encoded = Vec::new();
    Encoder::new(&mut encoded).page(3, &page(9), &after);
    assert_eq!(encoded.len(), 1 + 2 + 3 + 3 + 1 + 1);
}

#[test]
fn a_garbage_delta_is_a_typed_error_and_changes_nothing() {
    let mut numbers = Numbers(3);
    let mut encoded = Vec::new();
    let mut encoder = Encoder::new(&mut encoded);
    (0..4).for_each(|number| assert!(encoder.page(number * 2, &ZERO, &page(number as u8 + 1))));
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut garbage = encoded.clone();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(garbage.len() as u64) as usize;
            garbage[at] = numbers.below(256) as u8;
        }
        garbage.truncate(numbers.below(garbage.len() as u64 + 1) as usize);
        let mut pages = vec![ZERO; 8];
        if let Err(error) = delta::apply(&garbage, 8, &mut pages) {
            assert_eq!(error.kind(), ErrorKind::Storage);
            assert!(pages.iter().all(|page| *page == ZERO));
            refused += 1;
        }
    }
    assert!(refused > 10_000);
    for _ in 0..20_000 {
        let garbage: Vec<u8> = (0..numbers.below(30)).map(|_| numbers.below(256) as u8).collect();
        let _ = delta::apply(&garbage, 8, &mut vec![ZERO; 8]);
    }
    assert!(delta::apply(&encoded, 6, &mut vec![ZERO; 8]).is_err(), "a page beyond the size");
    assert!(delta::apply(&[0xff; 11], 8, &mut vec![ZERO; 8]).is_err(), "an endless number");
}

#[test]
fn a_roll_back_restores_pages_and_size_whatever_was_written() {
    let mut image = Image::from_template(&[arc(1), arc(2), arc(3)], Limits::DEFAULT);
    image.begin();
    image.write(1, &page(9)).unwrap();
    image.write(1, &page(8)).unwrap();
    image.resize(1).unwrap();
    image.write(4, &page(7)).unwrap();
    assert_eq!(bytes_of(&mut image), [1, 0, 0, 0, 7]);
    image.rollback();
    assert_eq!(bytes_of(&mut image), [1, 2, 3]);
    assert!(image.take_dirty().is_empty());
    assert_eq!(image.resident_bytes(), 0);
}

#[test]
fn commits_replayed_on_the_template_give_the_same_image() {
    let template = [arc(1), arc(2), arc(3)];
    let mut image = Image::from_template(&template, Limits::DEFAULT);
    let mut replayed = Image::from_template(&template, Limits::DEFAULT);
    let mut numbers = Numbers(11);
    for _ in 0..3_000 {
        image.begin();
        for _ in 0..numbers.below(6) {
            match numbers.below(4) {
                0 => image.resize(numbers.below(12) as u32).unwrap(),
                _ => image.write(numbers.below(14) as u32, &page(numbers.below(5) as u8)).unwrap(),
            }
        }
        if numbers.below(4) == 0 {
            image.rollback();
            continue;
        }
        let mut delta = Vec::new();
        let before = content(&mut replayed);
        let changed = image.commit(&mut delta);
        assert!(changed || delta.is_empty());
        replayed.replay(&delta, image.size()).unwrap();
        assert!(content(&mut image) == content(&mut replayed));
        assert!(changed || before == content(&mut image));
    }
    assert!(image.size() > 0);
    // What goes to the store makes up for the same pages, too.
    let mut stored: Vec<Page> = template.iter().map(|page| **page).collect();
    stored.resize(image.size() as usize, ZERO);
    image.take_dirty().into_iter().for_each(|(number, page)| stored[number as usize] = *page);
    assert!(content(&mut image) == stored);
}

#[test]
fn pages_cut_off_and_grown_again_are_zero_and_not_what_the_source_has() {
    let mut image = Image::stored(7, Arc::new(Stored::default()), Limits::DEFAULT).unwrap();
    image.begin();
    image.resize(2).unwrap();
    assert!(image.commit(&mut Vec::new()));
    image.begin();
    image.resize(7).unwrap();
    image.write(6, &page(1)).unwrap();
    let mut delta = Vec::new();
    assert!(image.commit(&mut delta));
    assert_eq!(bytes_of(&mut image), [100, 101, 0, 0, 0, 0, 1]);
    let handed: Vec<u32> = image.take_dirty().iter().map(|(number, _)| *number).collect();
    assert_eq!(handed, [2, 3, 4, 5, 6], "the store must forget what it has of these numbers");
}

#[test]
fn a_page_cut_off_unseen_and_grown_again_in_one_transaction_is_a_right_difference() {
    let stored = Arc::new(Stored::default());
    let mut image = Image::stored(5, stored.clone(), Limits::DEFAULT).unwrap();
    let mut replayed = Image::stored(5, stored, Limits::DEFAULT).unwrap();
    image.begin();
    image.resize(3).unwrap();
    image.resize(4).unwrap();
    let mut delta = Vec::new();
    assert!(image.commit(&mut delta));
    replayed.replay(&delta, image.size()).unwrap();
    assert_eq!(bytes_of(&mut replayed), [100, 101, 0, 0]);
    assert_eq!(bytes_of(&mut image), [100, 101, 0, 0]);
}

#[test]
fn pages_are_loaded_on_demand_and_ahead_only_in_sequence() {
    let stored = Arc::new(Stored::default());
    let mut image = Image::stored(200, stored.clone(), Limits::DEFAULT).unwrap();
    let mut byte = [0];
    for number in [50, 9, 10, 11, 12, 13, 14, 15, 16, 17] {
        image.read(number * PAGE as u64, &mut byte).unwrap();
        assert_eq!(byte[0], if number % 3 == 2 { 0 } else { number as u8 + 100 });
    }
    assert_eq!(*stored.loads.lock(), [(50, 1), (9, 1), (10, 2), (12, 4), (16, 8)]);
}

#[test]
fn a_load_error_is_what_the_reader_is_told() {
    let stored = Arc::new(Stored { failing: 4.into(), ..Stored::default() });
    let mut image = Image::stored(9, stored.clone(), Limits::DEFAULT).unwrap();
    assert_eq!(image.read(3 * PAGE as u64, &mut [0]), Err(ImageFailure::Load));
    assert_eq!(image.take_failure().map(|error| error.to_string()).as_deref(), Some("page 3 is damaged"));
    stored.failing.store(0, Ordering::Relaxed);
    assert_eq!(image.read(3 * PAGE as u64, &mut [0]), Ok(1));
    assert_eq!(image.take_failure(), None);
}

#[test]
fn shedding_keeps_what_the_source_does_not_have_and_what_was_read_of_late() {
    let mut image = Image::stored(6, Arc::new(Stored::default()), Limits::DEFAULT).unwrap();
    image.begin();
    image.write(0, &page(1)).unwrap();
    image.commit(&mut Vec::new());
    assert_eq!(bytes_of(&mut image), [1, 101, 0, 103, 104, 0]);
    let handed = image.take_dirty();
    assert_eq!(handed.len(), 1);
    image.shed(0);
    assert_eq!(image.resident_bytes(), PAGE as u64, "handed over, but the store may not have it yet");
    assert_eq!(bytes_of(&mut image), [1, 101, 0, 103, 104, 0]);
    image.kept(image.hand_over());
    image.shed(0);
    assert_eq!(image.resident_bytes(), 0);
    assert_eq!(bytes_of(&mut image)[0], 100, "it is the source's from now on");
}

#[test]
fn pages_that_nobody_shares_any_more_are_shed_too() {
    struct Shared(Mutex<Option<Arc<Page>>>);
    impl PageSource for Shared {
        fn load(&self, page: u32, _: u32, into: &mut dyn FnMut(u32, Arc<Page>)) -> Result<()> {
            into(page, self.0.lock().clone().unwrap_or_else(|| arc(5)));
            Ok(())
        }
    }
    let source = Arc::new(Shared(Mutex::new(Some(arc(4)))));
    let mut image = Image::stored(1, source.clone(), Limits::DEFAULT).unwrap();
    assert_eq!((bytes_of(&mut image), image.resident_bytes()), (vec![4], 0));
    image.shed(0);
    *source.0.lock() = None;
    assert_eq!(bytes_of(&mut image), [4], "dropping what others hold would free nothing");
    image.shed(0);
    assert_eq!(bytes_of(&mut image), [5]);
}

#[test]
fn a_page_written_after_its_hand_over_stays_until_the_next_one_is_kept() {
    let mut image = Image::stored(3, Arc::new(Stored::default()), Limits::DEFAULT).unwrap();
    let write = |image: &mut Image, byte| {
        image.begin();
        image.write(0, &page(byte)).unwrap();
        image.commit(&mut Vec::new());
    };
    write(&mut image, 1);
    let first = image.take_dirty();
    let hand_over = image.hand_over();
    write(&mut image, 2);
    image.take_dirty();
    image.kept(hand_over);
    image.shed(0);
    assert_eq!(bytes_of(&mut image)[0], 2);
    assert_eq!(first[0].1[0], 1, "what was handed over does not change");
}

#[test]
fn growth_beyond_a_limit_is_refused_with_its_name_and_can_be_rolled_back() {
    let limits = Limits { transaction: 3 * PAGE as u64, database: 8 * PAGE as u64, ..Limits::DEFAULT };
    let mut image = Image::from_template(&[arc(1), arc(2), arc(3), arc(4)], limits);
    image.begin();
    (0..3).for_each(|number| image.write(number, &page(9)).unwrap());
    assert_eq!(image.write(3, &page(9)), Err(ImageFailure::Full));
    assert_eq!(image.write(3, &page(4)), Ok(()), "SQLite may write again what is there when it rolls back");
    let error = image.take_failure().unwrap();
    assert!(
        error.kind() == ErrorKind::Storage && error.to_string().contains("the transaction writes more than 12 KiB")
    );
    image.rollback();
    image.begin();
    assert_eq!(image.resize(9), Err(ImageFailure::Full));
    assert!(image.take_failure().unwrap().to_string().contains("limits: database"));
    image.rollback();
    assert_eq!(bytes_of(&mut image), [1, 2, 3, 4]);
    assert_eq!(image.write(0, &page(9)), Err(ImageFailure::Refused), "no transaction is open");
}

#[test]
fn a_commit_that_changes_nothing_goes_on_sharing_its_pages() {
    let template = [arc(1), arc(2)];
    let mut image = Image::from_template(&template, Limits::DEFAULT);
    image.begin();
    image.write(1, &page(2)).unwrap();
    let mut delta = Vec::new();
    assert!(!image.commit(&mut delta) && delta.is_empty());
    assert_eq!((image.resident_bytes(), Arc::strong_count(&template[1])), (0, 2));
}

#[test]
fn the_difference_from_the_template_is_all_that_was_changed_since() {
    let template = [arc(1), arc(2), arc(3), arc(4)];
    let mut image = Image::from_template(&template, Limits::DEFAULT);
    for (size, number, byte) in [(6, 5, 7), (2, 1, 8), (3, 2, 0)] {
        image.begin();
        image.resize(size).unwrap();
        image.write(number, &page(byte)).unwrap();
        image.commit(&mut Vec::new());
    }
    let mut delta = Vec::new();
    image.difference(&template, &mut delta).unwrap();
    let mut replayed = Image::from_template(&template, Limits::DEFAULT);
    replayed.replay(&delta, image.size()).unwrap();
    assert_eq!(bytes_of(&mut replayed), [1, 8, 0]);
}

#[test]
fn a_damaged_record_changes_nothing() {
    let mut image = Image::from_template(&[arc(1)], Limits::DEFAULT);
    assert!(image.replay(&[0xff], 2).is_err());
    assert_eq!(bytes_of(&mut image), [1]);
    assert_eq!(image.size(), 1);
}
