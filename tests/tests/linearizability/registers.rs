//! Objects with three registers: a stored field, a row, a key.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::history::{Op, Place};

#[table]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cell {
    #[key]
    name: String,
    value: u64,
}

#[durable_object(tables(Cell))]
pub(crate) struct Registers {
    #[stored]
    value: u64,
}

impl Registers {
    pub(crate) fn read(&self, cx: &Cx<Self>, place: Place) -> Result<u64> {
        Ok(match place {
            Place::Field => self.value,
            Place::Row => cx.get::<Cell>("it")?.map_or(0, |cell| cell.value),
            Place::Key => cx.kv().get("it")?.unwrap_or(0),
        })
    }

    fn write(&mut self, cx: &mut Cx<Self>, place: Place, value: u64) -> Result {
        match place {
            Place::Field => self.value = value,
            Place::Row => drop(cx.upsert(Cell { name: "it".to_owned(), value })?),
            Place::Key => cx.kv_mut().put("it", &value)?,
        }
        Ok(())
    }
}

#[durable_object]
impl Registers {
    /// What was there before.
    #[rpc]
    fn apply(&mut self, cx: &mut Cx<Self>, place: Place, op: Op) -> Result<u64> {
        let found = self.read(cx, place)?;
        match op {
            Op::Read => {}
            Op::Write(value) => self.write(cx, place, value)?,
            Op::Swap { expected, new } if expected == found => self.write(cx, place, new)?,
            Op::Swap { .. } => {}
        }
        Ok(found)
    }

    #[rpc]
    fn look(&self, cx: &Cx<Self>, place: Place) -> Result<u64> {
        self.read(cx, place)
    }

    /// The same, after others had their turns.
    #[rpc]
    async fn apply_later(this: This<Self>, place: Place, op: Op) -> Result<u64> {
        tokio::task::yield_now().await;
        if op == Op::Read {
            return this.read(move |me, cx| me.read(cx, place)).await;
        }
        this.update(move |me, cx| me.apply(cx, place, op)).await
    }
}
