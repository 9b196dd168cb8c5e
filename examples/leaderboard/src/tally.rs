//! Counting without counting: how many players have a score in each of a few ranges.
//!
//! A score has 32 bits, which are eight digits of four bits. For each beginning of these digits that occurs, the table
//! [`Tally`] has a row with the number of players whose score begins so: a tree with sixteen branches at each node.
//! To write a score changes eight rows. To learn how many players are better adds up at most fifteen rows for each digit.

use std::ops::RangeInclusive;

use do_runtime::prelude::*;

/// The digits of a score, counted from the last one, which is 0.
const DIGITS: u8 = 8;
const BITS: u8 = 4;
const HIGHEST_DIGIT: u32 = (1 << BITS) - 1;

/// How many players have a score that begins with these digits.
#[table]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many digits at the end are left out: 0 is the whole score.
    #[key]
    pub level: u8,
    /// The digits that are left.
    #[key]
    pub prefix: u32,
    /// The players whose score begins so; never 0.
    pub players: u32,
}

/// The rows of [`Tally`] that a score is counted in.
pub(crate) fn rows_of(points: u32) -> impl Iterator<Item = (u8, u32)> {
    (0..DIGITS).map(move |level| (level, points >> (BITS * level)))
}

/// The ranges of [`Tally`] that add up to all who are better: for each digit the larger ones, after the same beginning.
pub fn ranges_above(points: u32) -> impl Iterator<Item = (u8, RangeInclusive<u32>)> {
    rows_of(points)
        .map(|(level, prefix)| (level, prefix, prefix | HIGHEST_DIGIT))
        .filter(|(_, prefix, last)| prefix < last)
        .map(|(level, prefix, last)| (level, prefix + 1..=last))
}
