//! What was asked for, what was acknowledged, and how that compares with what is there.

use std::collections::BTreeMap;

/// How many findings are kept as text.
const SHOWN: usize = 20;

/// What was found to be wrong.
#[derive(Debug, Default)]
pub struct Findings {
    /// How much was acknowledged and is not there.
    pub lost: u64,
    /// How many rules were broken otherwise.
    pub broken: u64,
    /// The first of all these, in words.
    pub shown: Vec<String>,
}

impl Findings {
    /// Notes that so much that was acknowledged is not there.
    pub fn lose(&mut self, number: u64, what: String) {
        self.lost += number;
        self.show(what);
    }

    /// Notes that a rule was broken.
    pub fn broke(&mut self, what: String) {
        self.broken += 1;
        self.show(what);
    }

    /// Notes what the others came of: it stands before them.
    pub fn caused(&mut self, what: String) {
        self.broken += 1;
        self.shown.insert(0, what);
    }

    fn show(&mut self, what: String) {
        if self.shown.len() < SHOWN {
            self.shown.push(what);
        }
    }
}

/// Something that is counted: what is there is no less than what was acknowledged, and no more than what was tried.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// What was acknowledged.
    pub acknowledged: u64,
    /// What was asked for, and not refused.
    pub tried: u64,
}

impl Count {
    /// So much is asked for.
    pub fn tries(&mut self, number: u64) {
        self.tried += number;
    }

    /// So much of it was acknowledged.
    pub fn acknowledges(&mut self, number: u64) {
        self.acknowledged += number;
    }

    /// So much of it was refused.
    pub fn refuses(&mut self, number: u64) {
        self.tried -= number;
    }

    /// Compares with what is there.
    pub fn compare(self, what: &str, there: u64, findings: &mut Findings) {
        let Count { acknowledged, tried } = self;
        if there < acknowledged {
            findings.lose(acknowledged - there, format!("{what}: {acknowledged} were acknowledged, {there} are there"));
        } else if there > tried {
            findings.broke(format!("{what}: {tried} were asked for, {there} are there"));
        }
    }
}

/// What became of something that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nobody answered, so that it may be there or not.
    Unknown,
    /// It was acknowledged: it is there, once.
    There,
    /// It was refused, or taken away again: it is not there.
    Gone,
}

/// Things that have names of their own, and what became of each.
#[derive(Debug, Default)]
pub struct Ledger {
    fates: BTreeMap<String, Fate>,
}

impl Ledger {
    /// Notes what became of a thing.
    pub fn note(&mut self, name: impl Into<String>, fate: Fate) {
        self.fates.insert(name.into(), fate);
    }

    /// What became of a thing; nothing if it was never asked for.
    pub fn fate(&self, name: &str) -> Option<Fate> {
        self.fates.get(name).copied()
    }

    /// The names of those of a fate.
    pub fn of(&self, fate: Fate) -> impl Iterator<Item = &str> {
        self.fates.iter().filter(move |(_, other)| **other == fate).map(|(name, _)| name.as_str())
    }

    /// Compares with all that is there.
    pub fn compare(&self, what: &str, there: impl IntoIterator<Item = impl Into<String>>, findings: &mut Findings) {
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        there.into_iter().for_each(|name| *seen.entry(name.into()).or_default() += 1);
        for (name, times) in &seen {
            match self.fate(name) {
                None => findings.broke(format!("{what}: nobody asked for {name:?}, and it is there")),
                Some(Fate::Gone) => findings.broke(format!("{what}: {name:?} should not be there")),
                Some(_) if *times > 1 => findings.broke(format!("{what}: {name:?} is there {times} times")),
                Some(_) => {}
            }
        }
        for name in self.of(Fate::There).filter(|name| !seen.contains_key(*name)) {
            findings.lose(1, format!("{what}: {name:?} was acknowledged, and is not there"));
        }
    }
}
