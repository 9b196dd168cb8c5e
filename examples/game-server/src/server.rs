//! The server: which matches there are.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{Match, match_name};

/// A match, as its server knows it.
#[table]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Its number, which no other match of this server ever has.
    #[key]
    pub number: u32,
    /// Where it is played.
    pub map: String,
    /// How many players there may be.
    pub seats: u32,
    /// How many points win.
    pub goal: u32,
    /// Who has won; nobody while it goes on.
    #[default(None)]
    pub winner: Option<String>,
    /// Since when there is this match.
    #[default(now)]
    pub created: Timestamp,
}

/// A server of matches. It never waits for one of them.
#[durable_object(tables(Listing))]
pub struct GameServer {
    /// How many matches it ever had. (A deleted row's number would be given again, and with it the name of the match.)
    #[stored]
    created: u32,
}

#[durable_object]
impl GameServer {
    /// Opens a match. It is a row, and nothing else, until somebody joins.
    #[rpc(public)]
    fn create(&mut self, cx: &mut Cx<Self>, map: String, seats: u32, goal: u32) -> Result<Listing> {
        ensure!(cx.name().is_some(), "a server has a name, as its matches are named after it");
        ensure!((1..=64).contains(&seats), "a match has 1 to 64 seats, not {seats}");
        ensure!(goal > 0, "a match has a goal");
        self.created += 1;
        cx.insert(Listing::new(self.created, map, seats, goal))
    }

    /// Its matches, in the order of their numbers, those after a number.
    #[rpc(public)]
    fn matches(&self, cx: &Cx<Self>, after: Option<u32>, limit: u32) -> Result<Vec<Listing>> {
        let after = after.unwrap_or(0);
        let limit = limit.min(1_000);
        sql!(cx, Listing, "SELECT * FROM listing WHERE number > :after ORDER BY number LIMIT :limit").all()
    }

    /// One of them.
    #[rpc(public)]
    fn listing(&self, cx: &Cx<Self>, number: u32) -> Result<Listing> {
        cx.get(number)?.context("there is no such match")
    }

    /// Ends a match, whether it goes on or not. The row goes, and the word to the match is sent, in one transaction.
    #[rpc(public)]
    fn remove(&mut self, cx: &mut Cx<Self>, number: u32) -> Result {
        self.listing(cx, number)?;
        cx.delete::<Listing>(number)?;
        let game = cx.objects().get_by_name::<Match>(match_name(cx.name().unwrap_or_default(), number));
        cx.send(game.close())
    }

    /// A match says who has won. If it was removed meanwhile, nobody cares.
    #[rpc]
    fn finished(&mut self, cx: &mut Cx<Self>, number: u32, winner: String) -> Result {
        if let Some(listing) = cx.get::<Listing>(number)? {
            cx.update(&Listing { winner: Some(winner), ..listing })?;
        }
        Ok(())
    }
}
