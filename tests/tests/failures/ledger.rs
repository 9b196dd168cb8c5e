//! Ledgers that note every entry in three places of one transaction: a row, a stored field and a key.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table(index = number)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[key]
    pub id: Id<Entry>,
    /// Not unique on purpose: one that was applied twice shows.
    pub number: i64,
    pub text: String,
}

/// A transaction wants so much room in the journal that little is written until a disk is full.
#[durable_object(tables(Entry), limits(transaction = "96MiB"))]
pub(crate) struct Ledger {
    #[stored]
    sum: i64,
}

/// What a ledger holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub(crate) struct Pages {
    /// Numbers and the lengths of their texts.
    pub entries: Vec<(i64, i64)>,
    pub sum: i64,
    pub count: i64,
}

#[durable_object]
impl Ledger {
    #[rpc]
    fn note(&mut self, cx: &mut Cx<Self>, number: i64, length: usize) -> Result {
        cx.insert(Entry::new(number, "x".repeat(length)))?;
        self.sum += number;
        let count: i64 = cx.kv().get("count")?.unwrap_or(0);
        cx.kv_mut().put("count", &(count + 1))
    }

    #[rpc]
    fn pages(&self, cx: &Cx<Self>) -> Result<Pages> {
        Ok(Pages {
            entries: cx.sql_unchecked("SELECT number, length(text) FROM entry ORDER BY number, id", ()).all()?,
            sum: self.sum,
            count: cx.kv().get("count")?.unwrap_or(0),
        })
    }
}

/// What was acknowledged, by ledger.
#[derive(Debug, Default, Clone)]
pub(crate) struct Books {
    acknowledged: BTreeMap<String, BTreeMap<i64, usize>>,
    /// Entries that may be there or not.
    uncertain: BTreeMap<String, BTreeMap<i64, usize>>,
    next: i64,
}

impl Books {
    /// Notes one more entry. If it fails in another way than with `storage`, it may have happened.
    pub(crate) async fn note(&mut self, objects: &Objects, name: &str, length: usize) -> Result {
        self.next += 1;
        let noted = objects.get_by_name::<Ledger>(name).note(self.next, length).await;
        let into = match &noted {
            Ok(()) => &mut self.acknowledged,
            Err(error) if error.kind() == ErrorKind::Storage => return noted,
            Err(_) => &mut self.uncertain,
        };
        into.entry(name.to_owned()).or_default().insert(self.next, length);
        noted
    }

    /// The names of the ledgers with entries.
    pub(crate) fn names(&self) -> Vec<String> {
        self.acknowledged.keys().cloned().collect()
    }

    /// Compares one ledger.
    pub(crate) async fn check_one(&self, objects: &Objects, name: &str) -> Result {
        let pages = objects.get_by_name::<Ledger>(name).pages().await?;
        let mut expected = self.acknowledged.get(name).cloned().unwrap_or_default();
        let uncertain = self.uncertain.get(name).cloned().unwrap_or_default();
        expected.extend(uncertain.iter().filter(|(number, _)| pages.entries.iter().any(|entry| entry.0 == **number)));
        let expected = Pages {
            entries: expected.iter().map(|(number, length)| (*number, *length as i64)).collect(),
            sum: expected.keys().sum(),
            count: expected.len() as i64,
        };
        assert_eq!(pages, expected, "of ledger {name}");
        Ok(())
    }

    /// Everything that was acknowledged is there once, and nothing in part.
    pub(crate) async fn check(&self, objects: &Objects) -> Result {
        for name in self.names() {
            self.check_one(objects, &name).await?;
        }
        Ok(())
    }
}
