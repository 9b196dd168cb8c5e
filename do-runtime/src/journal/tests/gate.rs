//! The gate alone, without threads: the order of batches, and who is told of which.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use super::flight::commit;
use crate::journal::gate::{Flight, Gate};
use crate::journal::record::Chain;
use crate::journal::segment::{Entry, Header, Stamp};

const LIFE: Header = Header {
    node: [1; 16],
    stamp: Stamp { life: 7, epoch: 1 },
    previous: 0,
    first: 0,
    payload: 64 << 10,
    durable: 0,
    entry: Entry { position: 0, left: 0, chain: Chain(0) },
};

#[derive(Default)]
struct Told(AtomicBool);

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Appends so many records and takes them; and the positions after them.
fn batch(gate: &mut Gate, records: u64) -> (Flight, Vec<u64>) {
    let ends = (0..records).map(|record| gate.append(&commit(0, record, b"new"), &LIFE)).collect();
    (gate.take(), ends)
}

#[test]
fn batches_are_released_in_the_order_in_which_they_were_taken() {
    let mut gate = Gate::new(&LIFE);
    let (first, _) = batch(&mut gate, 1);
    let (second, _) = batch(&mut gate, 1);
    assert!(gate.is_next(&first) && !gate.is_next(&second));
    gate.release(first);
    assert!(gate.is_next(&second));
}

#[test]
fn whoever_waits_for_a_record_is_told_with_its_batch() {
    // given: two batches of three are on their way, a third one is being filled, and somebody waits for each record
    let mut gate = Gate::new(&LIFE);
    let (first, of_first) = batch(&mut gate, 3);
    let (second, of_second) = batch(&mut gate, 3);
    let of_third = vec![gate.append(&commit(0, 9, b"new"), &LIFE)];
    let ends = [of_first, of_second, of_third];
    let waiting = ends.map(|ends| ends.into_iter().map(|end| (end, Arc::<Told>::default())).collect::<Vec<_>>());
    for (end, told) in waiting.iter().flatten() {
        gate.wait(*end, &Waker::from(told.clone()));
    }
    // when, then
    let told = |batch: usize| waiting[batch].iter().map(|(_, told)| told.0.load(Ordering::SeqCst)).collect::<Vec<_>>();
    gate.release(first).into_iter().for_each(Waker::wake);
    assert_eq!([told(0), told(1), told(2)], [vec![true; 3], vec![false; 3], vec![false]]);
    gate.release(second).into_iter().for_each(Waker::wake);
    assert_eq!([told(0), told(1), told(2)], [vec![true; 3], vec![true; 3], vec![false]]);
    let third = gate.take();
    gate.release(third).into_iter().for_each(Waker::wake);
    assert_eq!(told(2), [true]);
}
