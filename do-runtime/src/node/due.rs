//! When an object wants to be woken, and why.

use crate::Timestamp;

/// The earliest time of each kind of thing that an object has to do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Due {
    pub(crate) alarms: Option<Timestamp>,
    pub(crate) expiry: Option<Timestamp>,
    pub(crate) outbox: Option<Timestamp>,
    pub(crate) replies: Option<Timestamp>,
}

impl Due {
    /// The earliest of all: what the log, the object's head and the registry say of it.
    #[inline]
    pub(crate) fn next(&self) -> Option<Timestamp> {
        [self.alarms, self.expiry, self.outbox, self.replies].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_the_earliest_of_any_kind() {
        let at = |millis| Some(Timestamp::from_millis(millis));
        assert_eq!(Due::default().next(), None);
        assert_eq!(Due { outbox: at(7), ..Due::default() }.next(), at(7));
        assert_eq!(Due { alarms: at(5), expiry: at(3), replies: at(9), outbox: None }.next(), at(3));
    }
}
