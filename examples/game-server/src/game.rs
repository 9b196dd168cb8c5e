//! A match: who plays, and who is ahead.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::GameServer;

const NOT_PLAYED: &str = "nobody plays this match";

/// How a match stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Game {
    /// Where it is played.
    pub map: String,
    /// How many players there may be.
    pub seats: u32,
    /// How many points win.
    pub goal: u32,
    /// The players and their points.
    pub points: BTreeMap<String, u32>,
    /// Who has won.
    pub winner: Option<String>,
}

/// A match of a server, whose name it has with its number: `eu:7`.
#[durable_object]
pub struct Match {
    /// Nothing before the first player has joined.
    #[stored]
    game: Option<Game>,
    /// Its server has removed it. Who asked the server just before that must not begin it again: so this is kept for a while.
    #[stored]
    closed: bool,
}

#[durable_object]
impl Match {
    /// Takes a seat. The first player brings the match into being, if its server has it.
    #[rpc(public)]
    async fn join(this: This<Self>, player: String) -> Result<Game> {
        ensure!(!player.trim().is_empty(), "a player has a name");
        let mut new = None;
        if this.read(|me, _| Ok(me.game.is_none() && !me.closed)).await? {
            let (server, number) = origin(this.name())?;
            let listing = this.objects().get_by_name::<GameServer>(server).listing(number).await?;
            let (map, seats, goal) = (listing.map, listing.seats, listing.goal);
            new = Some(Game { map, seats, goal, points: BTreeMap::new(), winner: None });
        }
        this.update(|me, _| {
            if me.game.is_none() && !me.closed {
                me.game = new.clone();
            }
            let game = me.game_mut()?;
            let is_full = game.points.len() >= game.seats as usize && !game.points.contains_key(&player);
            ensure!(!is_full, "all {} seats are taken", game.seats);
            game.points.entry(player.clone()).or_default();
            Ok(game.clone())
        })
        .await
    }

    /// A player makes points. Who reaches the goal has won, which the server is told of with this very transaction.
    #[rpc(public)]
    fn score(&mut self, cx: &mut Cx<Self>, player: String, points: u32) -> Result<Game> {
        let game = self.game_mut()?;
        ensure!(game.winner.is_none(), "this match is over");
        let sum = game.points.get_mut(&player).context("who plays has to join first")?;
        *sum = sum.saturating_add(points);
        if *sum >= game.goal {
            game.winner = Some(player.clone());
            let (server, number) = origin(cx.name())?;
            cx.send(cx.objects().get_by_name::<GameServer>(server).finished(number, player))?;
        }
        self.game()
    }

    /// How the match stands.
    #[rpc(public, live)]
    fn game(&self) -> Result<Game> {
        self.game.clone().context(NOT_PLAYED)
    }

    /// The server has removed the match.
    #[rpc]
    fn close(&mut self, cx: &mut Cx<Self>) -> Result {
        self.game = None;
        self.closed = true;
        cx.schedule().forget().after("1h")
    }

    /// By now nobody is left who could begin the match again: with nothing in it, it is gone.
    #[alarm]
    fn forget(&mut self, cx: &mut Cx<Self>) -> Result {
        self.closed = false;
        cx.delete_all()
    }
}

#[durable_object(helpers)]
impl Match {
    fn game_mut(&mut self) -> Result<&mut Game> {
        self.game.as_mut().context(NOT_PLAYED)
    }
}

/// The server of a match, and its number there.
fn origin(name: Option<&str>) -> Result<(&str, u32)> {
    let (server, number) = name.and_then(|name| name.rsplit_once(':')).context("there is no such match")?;
    let number = number.parse().or_invalid()?;
    Ok((server, number))
}
