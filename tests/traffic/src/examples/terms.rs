//! Who held something when, by a number that only grows: for a lock and for leadership.

use std::collections::BTreeMap;

use crate::user::{User, now};

/// What is known of one number: a token, or a term.
#[derive(Debug, Clone)]
struct Held {
    owner: String,
    /// Until when, in milliseconds since the epoch, as far as anybody was told.
    until: i64,
    /// When somebody was first told of it.
    heard: i64,
    /// When the owner first began to give it back.
    given_back: Option<i64>,
}

/// All numbers of one thing.
#[derive(Debug, Default)]
pub(super) struct Terms {
    terms: BTreeMap<u64, Held>,
}

impl Terms {
    /// The greatest number that anybody was told of.
    pub(super) fn greatest(&self) -> u64 {
        self.terms.keys().last().copied().unwrap_or(0)
    }

    /// Somebody is told who holds it. The greatest number was this when that was asked for.
    pub(super) fn told(&mut self, user: &User, what: &str, before: u64, number: u64, owner: &str, until: i64) {
        user.ensure(number >= before && number > 0, || format!("{what}: {number} was given after {before}"));
        let held = Held { owner: owner.to_owned(), until, heard: now(), given_back: None };
        let known = self.terms.entry(number).or_insert(held);
        user.ensure(known.owner == owner, || format!("{what}: {number} is of {} and of {owner}", known.owner));
        known.until = known.until.max(until);
    }

    /// The owner begins to give it back.
    pub(super) fn gives_back(&mut self, number: u64) {
        if let Some(held) = self.terms.get_mut(&number) {
            held.given_back.get_or_insert(now());
        }
    }

    /// Nobody was told of a number before the one that it follows had ended, or had begun to be given back.
    pub(super) fn check(&self, user: &User, what: &str) {
        for ((number, held), (next, follower)) in self.terms.iter().zip(self.terms.iter().skip(1)) {
            let ended = held.given_back.unwrap_or(held.until).min(held.until);
            user.ensure(follower.heard >= ended, || {
                format!(
                    "{what}: {} had {number} until {ended}, and {} had {next} at {}",
                    held.owner, follower.owner, follower.heard
                )
            });
        }
    }
}
