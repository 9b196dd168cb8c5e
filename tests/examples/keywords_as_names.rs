//! Raw identifiers, and names that are keywords of SQL.
#![deny(warnings)]
#![allow(missing_docs)]

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table(name = "order", index = (r#type, group desc))]
#[derive(Serialize, Deserialize)]
pub struct Table {
    #[key]
    pub r#where: i64,
    #[default(0)]
    pub r#type: i64,
    pub group: Option<String>,
    #[column(name = "two words")]
    pub select: bool,
}

#[durable_object(tables(Table))]
pub struct Index {
    #[stored]
    r#match: u32,
}

#[durable_object]
impl Index {
    #[rpc]
    fn r#loop(&mut self, r#in: String, r#for: &str) -> Result<u32> {
        self.r#match += u32::from(r#in == r#for);
        Ok(self.r#match)
    }

    #[rpc]
    fn select(&self, cx: &Cx<Self>, r#type: i64, group: Option<String>) -> Result<Vec<Table>> {
        Table::by_type_and_group(cx, r#type, group.as_deref()).all()
    }

    // Names of what is generated around the call.
    #[rpc]
    fn names(&mut self, cx: &mut Cx<Self>, me: u32, run: u32, request: u32, this: String) -> Result<u32> {
        cx.insert(Table::new(i64::from(me + run + request), Some(this), true))?;
        Ok(me + run + request)
    }

    #[rpc]
    async fn turn(context: This<Self>, this: &str) -> Result<usize> {
        context.read(|me, _| Ok(me.r#match)).await?;
        Ok(this.len())
    }
}

fn main() {}
