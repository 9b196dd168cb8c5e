//! Methods, alarms and tables that have much: a reader of the code hears of it at most once, at what is written here.
#![deny(warnings, clippy::all)]
#![allow(missing_docs)]

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table(unique = (first, second, third, fourth, fifth, sixth, seventh, eighth))]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wide {
    #[key]
    pub id: Id<Wide>,
    pub first: u8,
    pub second: u8,
    pub third: u8,
    pub fourth: u8,
    pub fifth: u8,
    pub sixth: u8,
    pub seventh: u8,
    pub eighth: u8,
    #[column(json)]
    #[expect(clippy::type_complexity)]
    pub ninth: Vec<(Option<(u8, u8)>, Option<(u8, Vec<u8>)>, Option<(u8, Vec<Vec<u8>>)>)>,
}

#[durable_object(tables(Wide))]
pub struct Room {
    #[stored]
    #[expect(clippy::type_complexity)]
    kept: Vec<(Option<(u8, u8)>, Option<(u8, Vec<u8>)>, Option<(u8, Vec<Vec<u8>>)>)>,
    #[ephemeral]
    #[expect(clippy::type_complexity)]
    lost: Vec<(Option<(u8, u8)>, Option<(u8, Vec<u8>)>, Option<(u8, Vec<Vec<u8>>)>)>,
}

#[durable_object]
impl Room {
    #[rpc(public)]
    #[expect(clippy::too_many_arguments)]
    fn many(&mut self, cx: &mut Cx<Self>, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result<Wide> {
        cx.schedule().ring(a, b, c, d, e, f, g, h).after("1h")?;
        cx.insert(Wide::new(a, b, c, d, e, f, g, h, vec![]))
    }

    #[rpc]
    #[expect(clippy::too_many_arguments)]
    fn find(&self, cx: &Cx<Self>, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result<Option<Wide>> {
        Wide::by_first_and_second_and_third_and_fourth_and_fifth_and_sixth_and_seventh_and_eighth(
            cx, a, b, c, d, e, f, g, h,
        )
    }

    #[rpc]
    #[expect(clippy::type_complexity)]
    fn complex(
        &self,
        given: Vec<(Option<(u8, u8)>, Option<(u8, Vec<u8>)>, Option<(u8, Vec<Vec<u8>>)>)>,
    ) -> Result<Vec<(Option<(u8, u8)>, Option<(u8, Vec<u8>)>, Option<(u8, Vec<Vec<u8>>)>)>> {
        drop(given);
        Ok(self.kept.iter().chain(&self.lost).cloned().collect())
    }

    #[alarm]
    #[expect(clippy::too_many_arguments)]
    fn ring(&mut self, a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8) -> Result {
        self.kept.truncate(usize::from(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h));
        Ok(())
    }
}

fn main() {}
