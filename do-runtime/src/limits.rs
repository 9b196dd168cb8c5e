//! Limits of a class of objects.

use std::time::Duration;

/// What an object may use. Each limit is an error of its own when it is crossed, and loses nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one text, blob or row. 2 MiB.
    pub value: u64,
    /// Bytes that one transaction may write. 64 MiB.
    pub transaction: u64,
    /// Bytes of the whole database. 10 GiB.
    pub database: u64,
    /// Bytes of temporary files that one statement may use. 1 GiB.
    pub temp: u64,
    /// Bytes of the arguments of one call. 32 MiB.
    pub argument: u64,
    /// Calls that may wait at one object. 16,384.
    pub queue: u32,
    /// Bytes of their arguments. 64 MiB.
    pub queue_bytes: u64,
    /// How long a handler may run. 30 s.
    pub run: Duration,
}

impl Limits {
    /// The limits of a class that says nothing.
    pub const DEFAULT: Limits = Limits {
        value: 2 << 20,
        transaction: 64 << 20,
        database: 10 << 30,
        temp: 1 << 30,
        argument: 32 << 20,
        queue: 16_384,
        queue_bytes: 64 << 20,
        run: Duration::from_secs(30),
    };

    /// With another limit for one text, blob or row, in bytes.
    pub const fn with_value(mut self, bytes: u64) -> Self {
        self.value = bytes;
        self
    }

    /// With another limit for what one transaction may write, in bytes.
    pub const fn with_transaction(mut self, bytes: u64) -> Self {
        self.transaction = bytes;
        self
    }

    /// With another limit for the whole database, in bytes.
    pub const fn with_database(mut self, bytes: u64) -> Self {
        self.database = bytes;
        self
    }

    /// With another limit for the temporary files of one statement, in bytes.
    pub const fn with_temp(mut self, bytes: u64) -> Self {
        self.temp = bytes;
        self
    }

    /// With another limit for the arguments of one call, in bytes.
    pub const fn with_argument(mut self, bytes: u64) -> Self {
        self.argument = bytes;
        self
    }

    /// With another limit for the calls that wait at one object.
    pub const fn with_queue(mut self, calls: u32) -> Self {
        self.queue = calls;
        self
    }

    /// With another limit for the arguments of the calls that wait, in bytes.
    pub const fn with_queue_bytes(mut self, bytes: u64) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// With another limit for how long a handler may run, in milliseconds.
    pub const fn with_run_millis(mut self, millis: u64) -> Self {
        self.run = Duration::from_millis(millis);
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setter_changes_its_limit_alone() {
        const LIMITS: Limits = Limits::DEFAULT.with_queue(5).with_run_millis(1_500);
        assert_eq!(LIMITS, Limits { queue: 5, run: Duration::from_millis(1_500), ..Limits::DEFAULT });
        let sizes = Limits::DEFAULT
            .with_value(1)
            .with_transaction(2)
            .with_database(3)
            .with_temp(4)
            .with_argument(5)
            .with_queue_bytes(6);
        let expected =
            Limits { value: 1, transaction: 2, database: 3, temp: 4, argument: 5, queue_bytes: 6, ..Limits::DEFAULT };
        assert_eq!(sizes, expected);
    }
}
