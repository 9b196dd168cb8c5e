//! How often each caller may do something.
//!
//! A caller may do it so many times at once, and gets one time back whenever its share of the period has passed. What is kept of a caller is one
//! time, as in the generic cell rate algorithm of ATM: when it will have everything back. Once that has come it is as if nothing was kept, so
//! that it can be forgotten.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::callers::Who;
use crate::Timestamp;
use crate::error::{Error, Result};

/// Of how many callers something is kept.
const MOST_KEPT: usize = 65_536;

/// Nobody looks for callers that can be forgotten while there are fewer.
const FEW: usize = 1024;

/// So many times in a period, for each caller.
pub(super) struct Allowance {
    /// What the callers may do, for the sentence that refuses it.
    what: &'static str,
    most: usize,
    per: Duration,
    /// After how many nanoseconds a caller gets one back.
    interval: i128,
    spent: Mutex<Spent>,
}

/// When each caller has everything back, in nanoseconds since 1970.
#[derive(Default)]
struct Spent {
    until: HashMap<Who, i128>,
    /// With how many callers it is looked for those that can be forgotten.
    look: usize,
}

impl Allowance {
    /// # Errors
    /// `invalid` if that is never, or no period.
    pub(super) fn new(what: &'static str, most: usize, per: Result<Duration>) -> Result<Self> {
        let per = per?;
        if most == 0 || per.is_zero() {
            return Err(Error::invalid("it is at least 1, in a period that is longer than nothing"));
        }
        let interval = (per.as_nanos() / most as u128).max(1);
        let interval = i128::try_from(interval).unwrap_or(i128::MAX);
        Ok(Allowance { what, most, per, interval, spent: Mutex::default() })
    }

    /// Takes one of a caller's.
    ///
    /// # Errors
    /// How long it is until the caller has one.
    pub(super) fn take(&self, who: Who, now: Timestamp) -> Result<(), Duration> {
        let now = nanos(now);
        let mut spent = self.spent.lock();
        let until = self.after_one_more(&spent, who, now)?;
        spent.keep(who, until, now);
        Ok(())
    }

    /// Whether a caller has one, without taking it.
    ///
    /// # Errors
    /// How long it is until it has.
    pub(super) fn look(&self, who: Who, now: Timestamp) -> Result<(), Duration> {
        self.after_one_more(&self.spent.lock(), who, nanos(now)).map(drop)
    }

    fn after_one_more(&self, spent: &Spent, who: Who, now: i128) -> Result<i128, Duration> {
        let all = self.interval.saturating_mul(self.most as i128);
        // Nothing is further away than that, unless somebody has set the clock back.
        let begin = spent.until.get(&who).map_or(now, |until| (*until).clamp(now, now.saturating_add(all)));
        let until = begin.saturating_add(self.interval);
        match until - now - all {
            over if over <= 0 => Ok(until),
            over => Err(Duration::from_nanos(u64::try_from(over).unwrap_or(u64::MAX))),
        }
    }

    /// What is said to a caller who has none.
    pub(super) fn sentence(&self) -> String {
        let Allowance { what, most, per, .. } = self;
        format!("{what}: at most {most} in {per:?}")
    }
}

impl Spent {
    fn keep(&mut self, who: Who, until: i128, now: i128) {
        if self.until.len() >= self.look.max(FEW) {
            self.until.retain(|_, until| *until > now);
            // With little room left somebody would look again soon, and for few.
            if self.until.len() > MOST_KEPT / 4 * 3 {
                self.forget_half();
            }
            self.look = (2 * self.until.len()).min(MOST_KEPT);
        }
        self.until.insert(who, until);
    }

    /// Of those who have spent least, or longest ago. Who comes from so many places can't be held by any of them; and the others are to go on.
    fn forget_half(&mut self) {
        let mut times: Vec<i128> = self.until.values().copied().collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let middle = *middle;
        let mut left = times.len() / 2;
        self.until.retain(|_, until| {
            let keep = *until >= middle && left > 0;
            left -= usize::from(keep);
            keep
        });
    }
}

fn nanos(time: Timestamp) -> i128 {
    i128::from(time.as_millis()) * 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(number: u32) -> Who {
        Who::named(&number.to_string())
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn allowance(most: usize, per: Duration) -> Allowance {
        Allowance::new("it is too much", most, Ok(per)).expect("an allowance")
    }

    #[test]
    fn so_many_at_once_and_then_one_whenever_its_share_of_the_period_has_passed() {
        let three = allowance(3, Duration::from_secs(30));
        for _ in 0..3 {
            assert_eq!(three.take(who(1), at(0)), Ok(()));
        }
        assert_eq!(three.take(who(1), at(0)), Err(Duration::from_secs(10)));
        assert_eq!(three.take(who(2), at(0)), Ok(()), "another one has its own");
        assert_eq!(three.take(who(1), at(9_999)), Err(Duration::from_millis(1)));
        assert_eq!(three.look(who(1), at(10_000)), Ok(()));
        assert_eq!(three.take(who(1), at(10_000)), Ok(()), "looking takes nothing");
        assert_eq!(three.take(who(1), at(10_000)), Err(Duration::from_secs(10)));
        for _ in 0..3 {
            assert_eq!(three.take(who(1), at(1_000_000)), Ok(()), "and no more than that is saved up");
        }
        assert!(three.take(who(1), at(1_000_000)).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nobody_longer_than_the_period() {
        let one = allowance(1, Duration::from_secs(5));
        assert_eq!(one.take(who(1), at(100_000_000)), Ok(()));
        assert_eq!(one.take(who(1), at(0)), Err(Duration::from_secs(5)));
        assert_eq!(one.take(who(1), at(-5)), Err(Duration::from_secs(5)));
    }

    #[test]
    fn what_is_kept_of_callers_is_bounded() {
        let one = allowance(1, Duration::from_secs(3600));
        for number in 0..200_000 {
            assert_eq!(one.take(who(number), at(i64::from(number))), Ok(()));
            assert!(one.spent.lock().until.len() <= MOST_KEPT);
        }
        assert!(one.take(who(199_999), at(200_000)).is_err(), "who came last is remembered");
        one.take(who(1), at(10_000_000)).expect("the hour has passed");
        let few = allowance(1, Duration::from_millis(10));
        for number in 0..200_000 {
            assert_eq!(few.take(who(number), at(i64::from(number))), Ok(()));
        }
        assert!(few.spent.lock().until.len() <= FEW, "who has everything back is forgotten");
    }

    #[test]
    fn those_who_can_be_forgotten_are_not_looked_for_at_each_call() {
        // Each caller comes once, and can be forgotten when as many others have come as are kept.
        let one = allowance(1, Duration::from_millis(MOST_KEPT as u64 - 1));
        let mut looks = 0;
        for number in 0..2 * MOST_KEPT as u32 {
            let before = one.spent.lock().until.len();
            assert_eq!(one.take(who(number), at(i64::from(number))), Ok(()));
            looks += usize::from(one.spent.lock().until.len() <= before);
        }
        assert!(looks < 64, "{looks} times");
    }

    #[test]
    fn what_is_no_allowance_is_refused_and_the_largest_is_one() {
        for (most, per) in [(0, Duration::from_secs(1)), (1, Duration::ZERO)] {
            assert!(Allowance::new("", most, Ok(per)).is_err(), "{most} in {per:?}");
        }
        let largest = allowance(usize::MAX, Duration::MAX);
        assert_eq!(largest.take(who(1), at(i64::MAX)), Ok(()));
        let rare = allowance(1, Duration::MAX);
        assert_eq!(rare.take(who(1), at(i64::MAX)), Ok(()));
        assert!(rare.take(who(1), at(i64::MIN)).is_err());
    }
}
