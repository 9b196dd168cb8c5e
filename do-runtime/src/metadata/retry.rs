//! Sending a call again that failed and may succeed later.

use std::time::Duration;

use crate::env::Random;
use crate::error::{Error, Result};
use crate::time::IntoDuration;

/// How often, and after which pauses, a call is sent again.
///
/// ```
/// # use do_runtime::prelude::*;
/// # #[durable_object]
/// # struct Counter { #[stored] count: u64 }
/// # #[durable_object]
/// # impl Counter {
/// #     #[rpc]
/// #     fn add(&mut self) -> Result<u64> { self.count += 1; Ok(self.count) }
/// # }
/// # async fn example(objects: &Objects) -> Result {
/// let patient = RetryPolicy::default().attempts(10).first("50ms").most("5s");
/// let counter = objects.get_by_name::<Counter>("visits");
/// counter.add().deadline("1m").retry(patient).await?; // added once, however often it was sent
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    attempts: u32,
    first: Duration,
    factor: f64,
    most: Duration,
    jitter: f64,
    wrong: Option<Error>,
}

impl Default for RetryPolicy {
    /// Five attempts; pauses of 100, 200, 400 and 800 ms, each up to a half shorter.
    fn default() -> Self {
        RetryPolicy {
            attempts: 5,
            first: Duration::from_millis(100),
            factor: 2.0,
            most: Duration::from_secs(10),
            jitter: 0.5,
            wrong: None,
        }
    }
}

impl RetryPolicy {
    /// How often the call is sent, the first time included.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The pause after the first attempt.
    pub fn first(mut self, pause: impl IntoDuration) -> Self {
        match pause.into_duration() {
            Ok(pause) => self.first = pause,
            Err(error) => self.note(error.context("the first pause of a retry policy")),
        }
        self
    }

    /// How much longer each pause is than the one before; 1 or more.
    pub fn factor(mut self, factor: f64) -> Self {
        match factor.is_finite() && factor >= 1.0 {
            true => self.factor = factor,
            false => {
                self.note(Error::invalid(format!("a retry policy can't have the factor {factor}: it is 1 or more")))
            }
        }
        self
    }

    /// The longest pause.
    pub fn most(mut self, pause: impl IntoDuration) -> Self {
        match pause.into_duration() {
            Ok(pause) => self.most = pause,
            Err(error) => self.note(error.context("the longest pause of a retry policy")),
        }
        self
    }

    /// By which part of it, from 0 to 1, a pause is shortened at most, by chance: so that callers who failed together don't come
    /// back together.
    pub fn jitter(mut self, part: f64) -> Self {
        match (0.0..=1.0).contains(&part) {
            true => self.jitter = part,
            false => {
                self.note(Error::invalid(format!("a retry policy can't have the jitter {part}: it is from 0 to 1")))
            }
        }
        self
    }

    fn note(&mut self, error: Error) {
        self.wrong.get_or_insert(error);
    }

    /// The policy, if it makes sense.
    pub(crate) fn checked(self) -> Result<Self> {
        match self.wrong {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }

    /// Whether anything is sent again at all.
    #[cfg(feature = "connect")]
    pub(crate) fn repeats(&self) -> bool {
        self.attempts > 1
    }

    /// The pause after so many attempts, if `error` is one after which the call is sent again.
    pub(crate) fn pause(&self, attempts: u32, error: &Error, random: &dyn Random) -> Option<Duration> {
        let at_least = match error.retry_after() {
            Some(pause) => pause,
            None if error.is_retryable() => Duration::ZERO,
            None => return None,
        };
        if attempts >= self.attempts {
            return None;
        }
        let grown = self.factor.powi(i32::try_from(attempts).unwrap_or(i32::MAX).saturating_sub(1));
        // Infinite after many attempts: no pause at first stays none.
        let seconds = (self.first.as_secs_f64() * grown.min(f64::MAX)).min(self.most.as_secs_f64());
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let chance = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX);
        let shortened = Duration::try_from_secs_f64(seconds * (1.0 - self.jitter * chance)).unwrap_or(self.most);
        Some(shortened.max(at_least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::SeededRandom;
    use crate::error::ErrorKind;

    fn unavailable() -> Error {
        Error::new(ErrorKind::Unavailable, "closed")
    }

    #[test]
    fn pauses_grow_up_to_the_longest_and_end_with_the_attempts() {
        let policy = RetryPolicy::default().attempts(6).first("100ms").factor(3.0).most("1s").jitter(0.0);
        let random = SeededRandom::new(1);
        let pauses: Vec<_> = (1..=6).map(|attempts| policy.pause(attempts, &unavailable(), &random)).collect();
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(pauses, [millis(100), millis(300), millis(900), millis(1000), millis(1000), None]);
    }

    #[test]
    fn pauses_of_absurd_size_are_the_longest_and_none_stays_none() {
        let random = SeededRandom::new(1);
        let pause = |policy: &RetryPolicy| policy.pause(u32::MAX - 1, &unavailable(), &random);
        let endless = RetryPolicy::default().attempts(u32::MAX).first(Duration::MAX).factor(f64::MAX).jitter(0.0);
        assert_eq!(pause(&endless), Some(Duration::from_secs(10)));
        assert_eq!(pause(&endless.most(Duration::MAX)), Some(Duration::MAX));
        let none = RetryPolicy::default().attempts(u32::MAX).first(Duration::ZERO);
        assert_eq!(pause(&none), Some(Duration::ZERO));
    }

    #[test]
    fn chance_shortens_a_pause_by_no_more_than_its_part() {
        let policy = RetryPolicy::default().first("1s").jitter(0.25);
        let random = SeededRandom::new(1);
        let pauses: Vec<_> = (0..50).filter_map(|_| policy.pause(1, &unavailable(), &random)).collect();
        assert!(pauses.iter().all(|pause| (0.749..=1.001).contains(&pause.as_secs_f64())), "{pauses:?}");
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }

    #[test]
    fn only_what_may_succeed_later_is_sent_again() {
        let policy = RetryPolicy::default();
        let random = SeededRandom::new(1);
        for kind in [ErrorKind::Unavailable, ErrorKind::Deadline, ErrorKind::Interrupted, ErrorKind::Overloaded] {
            assert!(policy.pause(1, &Error::new(kind, ""), &random).is_some(), "{kind}");
        }
        for kind in [ErrorKind::Invalid, ErrorKind::Conflict, ErrorKind::Handler, ErrorKind::NotFound] {
            assert_eq!(policy.pause(1, &Error::new(kind, ""), &random), None, "{kind}");
        }
        let relief = policy.pause(1, &Error::new(ErrorKind::Overloaded, ""), &random);
        assert_eq!(relief, Some(Duration::from_secs(1)), "an overloaded object is given some time");
    }

    #[test]
    fn an_option_that_makes_no_sense_is_said() {
        let policies =
            [RetryPolicy::default().factor(0.5), RetryPolicy::default().jitter(1.5), RetryPolicy::default().first("x")];
        for policy in policies {
            assert_eq!(policy.checked().expect_err("nonsense").kind(), ErrorKind::Invalid);
        }
    }
}
