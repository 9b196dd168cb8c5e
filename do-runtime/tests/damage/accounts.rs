//! Accounts that note every operation in three places of one transaction: a row, a stored field and a key.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// One operation. Its number is not unique on purpose: one that was applied twice shows.
#[table(index = operation)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    #[key]
    pub id: Id<Note>,
    pub operation: i64,
    pub text: String,
}

#[durable_object(tables(Note))]
pub struct Account {
    #[stored]
    sum: i64,
}

/// What an account holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Contents {
    pub notes: Vec<(i64, String)>,
    pub stored_sum: i64,
    pub key_count: i64,
}

#[durable_object]
impl Account {
    #[rpc]
    fn add(&mut self, cx: &mut Cx<Self>, operation: i64, length: usize) -> Result {
        cx.insert(Note::new(operation, text(operation, length)))?;
        self.sum += operation;
        let count: i64 = cx.kv().get("count")?.unwrap_or(0);
        cx.kv_mut().put("count", &(count + 1))
    }

    #[rpc]
    fn forget(&mut self, cx: &mut Cx<Self>, operation: i64) -> Result {
        let note = Note::by_operation(cx, operation).first()?.context("a note to forget")?;
        cx.delete::<Note>(note.id)?;
        self.sum -= operation;
        let count: i64 = cx.kv().get("count")?.unwrap_or(0);
        cx.kv_mut().put("count", &(count - 1))
    }

    #[rpc]
    fn contents(&self, cx: &Cx<Self>) -> Result<Contents> {
        Ok(Contents {
            notes: cx.sql_unchecked("SELECT operation, text FROM note ORDER BY operation", ()).all()?,
            stored_sum: self.sum,
            key_count: cx.kv().get("count")?.unwrap_or(0),
        })
    }
}

/// A second class: key-values alone.
#[durable_object]
pub struct Counter;

#[durable_object]
impl Counter {
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, key: i64) -> Result {
        cx.kv_mut().put(&format!("{key:08}"), &text(key, 60))
    }

    #[rpc]
    fn keys(&self, cx: &Cx<Self>) -> Result<Vec<(String, String)>> {
        cx.kv().list().all()
    }
}

/// A text that tells of which operation it is.
pub fn text(operation: i64, length: usize) -> String {
    let word = format!("<{operation}>");
    let mut text = word.repeat(length / word.len() + 1);
    text.truncate(length);
    text
}

/// What was acknowledged: the operations of each account with the lengths of their texts, and the keys of each counter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    pub accounts: BTreeMap<String, BTreeMap<i64, usize>>,
    pub counters: BTreeMap<String, Vec<i64>>,
}

impl Model {
    pub fn contents(&self, account: &str) -> Contents {
        let notes = &self.accounts[account];
        Contents {
            notes: notes.iter().map(|(operation, length)| (*operation, text(*operation, *length))).collect(),
            stored_sum: notes.keys().sum(),
            key_count: notes.len() as i64,
        }
    }

    pub async fn add(&mut self, objects: &Objects, account: &str, operation: i64, length: usize) -> Result {
        objects.get_by_name::<Account>(account).add(operation, length).await?;
        self.accounts.entry(account.to_owned()).or_default().insert(operation, length);
        Ok(())
    }

    pub async fn forget(&mut self, objects: &Objects, account: &str, operation: i64) -> Result {
        objects.get_by_name::<Account>(account).forget(operation).await?;
        self.accounts.entry(account.to_owned()).or_default().remove(&operation);
        Ok(())
    }

    pub async fn delete(&mut self, objects: &Objects, account: &str) -> Result {
        let accounts = objects.namespace::<Account>();
        accounts.delete(accounts.id_from_name(account)).await?;
        self.accounts.remove(account);
        Ok(())
    }

    pub async fn put(&mut self, objects: &Objects, counter: &str, key: i64) -> Result {
        objects.get_by_name::<Counter>(counter).put(key).await?;
        self.counters.entry(counter.to_owned()).or_default().push(key);
        Ok(())
    }

    /// Compares all objects with the model: what is wrong, and the objects that answer `storage`.
    pub async fn compare(&self, objects: &Objects) -> Compared {
        let mut compared = Compared::default();
        for name in self.accounts.keys() {
            let account = objects.get_by_name::<Account>(name);
            match account.contents().await {
                Ok(contents) if contents == self.contents(name) => {}
                Ok(contents) => compared.wrong.push(format!(
                    "account {name} has {} notes, sum {}, count {}; expected {} notes",
                    contents.notes.len(),
                    contents.stored_sum,
                    contents.key_count,
                    self.accounts[name].len()
                )),
                Err(error) => compared.failed.push((account.id(), error)),
            }
        }
        for (name, keys) in &self.counters {
            let counter = objects.get_by_name::<Counter>(name);
            let expected: Vec<_> = keys.iter().map(|key| (format!("{key:08}"), text(*key, 60))).collect();
            match counter.keys().await {
                Ok(there) if there == expected => {}
                Ok(there) => {
                    compared.wrong.push(format!("counter {name} has {} keys, not {}", there.len(), expected.len()))
                }
                Err(error) => compared.failed.push((counter.id(), error)),
            }
        }
        let listed = |names: Result<Vec<do_runtime::Listed>>| -> Result<Vec<String>> {
            Ok(names?.into_iter().map(|listed| listed.name.map_or(String::new(), |name| name.to_string())).collect())
        };
        let accounts = listed(objects.namespace::<Account>().list().all());
        if accounts.as_ref().ok() != Some(&self.accounts.keys().cloned().collect()) {
            compared.listing.push(format!("the accounts listed are {accounts:?}"));
        }
        let counters = listed(objects.namespace::<Counter>().list().all());
        if counters.as_ref().ok() != Some(&self.counters.keys().cloned().collect()) {
            compared.listing.push(format!("the counters listed are {counters:?}"));
        }
        compared
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Compared {
    pub wrong: Vec<String>,
    pub listing: Vec<String>,
    pub failed: Vec<(ObjectId, Error)>,
}

impl Compared {
    pub fn is_right(&self) -> bool {
        self.wrong.is_empty() && self.listing.is_empty() && self.failed.is_empty()
    }
}
