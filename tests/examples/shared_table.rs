//! Two objects with one table, and an object that refers to another.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table]
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    #[key]
    pub day: i64,
    #[key]
    pub line: i64,
    pub by: ObjectRef<First>,
}

#[durable_object(tables(Entry))]
pub struct First;

#[durable_object(tables(Entry))]
pub struct Second;

#[durable_object]
impl First {
    #[rpc]
    fn of(&self, cx: &Cx<Self>, day: i64) -> Result<Vec<Entry>> {
        Entry::by_day(cx, day).between(3..=5).all()
    }
}

#[durable_object]
impl Second {
    #[rpc]
    fn put(&mut self, cx: &mut Cx<Self>, entry: Entry) -> Result<Entry> {
        cx.upsert(entry)
    }

    #[rpc]
    fn get(&self, cx: &Cx<Self>, day: i64, line: i64) -> Result<Option<Entry>> {
        cx.get::<Entry>((day, line))
    }
}

fn main() {}
