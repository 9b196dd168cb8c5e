//! The board: its players, and where they stand.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

use crate::tally::{Tally, ranges_above, rows_of};

/// The most lines that one call gives.
const LONGEST_PAGE: u32 = 1_000;

/// A player, with the best score so far.
#[table(index = (points desc, name))]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Who it is.
    #[key]
    pub name: String,
    /// The best score.
    pub points: u32,
}

/// A line of the board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// One more than there are better players: who has the same score has the same rank.
    pub rank: u64,
    /// Who it is.
    pub name: String,
    /// The best score.
    pub points: u32,
}

/// A board. A query of it that reads a whole table does not compile.
#[durable_object(tables(Player, Tally), scans = "deny")]
pub struct Leaderboard {
    #[stored]
    players: u64,
}

#[durable_object]
impl Leaderboard {
    /// Takes a score. It counts if it is the best one of this player.
    #[rpc(public)]
    fn submit(&mut self, cx: &mut Cx<Self>, name: String, points: u32) -> Result<Standing> {
        self.submit_all(cx, vec![Player { name: name.clone(), points }])?;
        self.standing(cx, &name)?.context("the player was just written")
    }

    /// Takes many scores: all of them, or none.
    #[rpc]
    fn submit_all(&mut self, cx: &mut Cx<Self>, scores: Vec<Player>) -> Result {
        let mut changes = Changes::default();
        for score in scores {
            ensure!((1..=40).contains(&score.name.chars().count()), "a name has 1 to 40 characters");
            match cx.get::<Player>(&score.name)? {
                Some(best) if best.points >= score.points => continue,
                Some(best) => changes.add(best.points, -1),
                None => self.players += 1,
            }
            changes.add(score.points, 1);
            cx.upsert(score)?;
        }
        changes.apply(cx)
    }

    /// Takes a player off the board; whether there was one.
    #[rpc]
    fn remove(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<bool> {
        let Some(player) = cx.get::<Player>(name)? else { return Ok(false) };
        cx.delete::<Player>(name)?;
        self.players -= 1;
        let mut changes = Changes::default();
        changes.add(player.points, -1);
        changes.apply(cx)?;
        Ok(true)
    }

    /// How many players there are.
    #[rpc(public, live)]
    fn players(&self) -> Result<u64> {
        Ok(self.players)
    }

    /// The best players; those of one rank by their names.
    #[rpc(public, live)]
    fn top(&self, cx: &Cx<Self>, limit: u32) -> Result<Vec<Standing>> {
        ensure!(limit <= LONGEST_PAGE, "a page has at most {LONGEST_PAGE} lines");
        let players = sql!(cx, Player, "SELECT * FROM player ORDER BY points DESC, name LIMIT :limit").all()?;
        rank(cx, players)
    }

    /// Where a player stands.
    #[rpc(public, live)]
    fn standing(&self, cx: &Cx<Self>, name: &str) -> Result<Option<Standing>> {
        Ok(rank(cx, cx.get::<Player>(name)?.into_iter().collect())?.pop())
    }

    /// A player, so many before, and so many behind.
    #[rpc(public, live)]
    fn neighbours(&self, cx: &Cx<Self>, name: &str, each_side: u32) -> Result<Vec<Standing>> {
        ensure!(each_side <= LONGEST_PAGE / 2, "there are at most {} neighbours on each side", LONGEST_PAGE / 2);
        let Some(player) = cx.get::<Player>(name)? else { return Ok(Vec::new()) };
        let mut lines = Self::before(cx, &player, each_side)?;
        lines.reverse();
        lines.push(player.clone());
        lines.append(&mut Self::behind(cx, &player, each_side)?);
        rank(cx, lines)
    }
}

#[durable_object(helpers)]
impl Leaderboard {
    /// Those right before a player, the nearest first: of the same score, then better ones.
    fn before(cx: &Cx<Self>, Player { name, points }: &Player, limit: u32) -> Result<Vec<Player>> {
        let mut found = sql!(
            cx,
            Player,
            "SELECT * FROM player WHERE points = :points AND name < :name ORDER BY name DESC LIMIT :limit"
        )
        .all()?;
        let left = limit - found.len() as u32;
        let better =
            sql!(cx, Player, "SELECT * FROM player WHERE points > :points ORDER BY points, name DESC LIMIT :left");
        found.append(&mut better.all()?);
        Ok(found)
    }

    /// Those right behind a player, the nearest first: of the same score, then worse ones.
    fn behind(cx: &Cx<Self>, Player { name, points }: &Player, limit: u32) -> Result<Vec<Player>> {
        let mut found =
            sql!(cx, Player, "SELECT * FROM player WHERE points = :points AND name > :name ORDER BY name LIMIT :limit")
                .all()?;
        let left = limit - found.len() as u32;
        let worse =
            sql!(cx, Player, "SELECT * FROM player WHERE points < :points ORDER BY points DESC, name LIMIT :left");
        found.append(&mut worse.all()?);
        Ok(found)
    }
}

/// Gives lines that follow each other on the board their ranks: the first by the tally, each next one by those that share the rank before it.
fn rank(cx: &Cx<Leaderboard>, lines: Vec<Player>) -> Result<Vec<Standing>> {
    let mut standings: Vec<Standing> = Vec::with_capacity(lines.len());
    for Player { name, points } in lines {
        let rank = match standings.last() {
            Some(before) if before.points == points => before.rank,
            Some(before) => before.rank + tallied(cx, (0, before.points))?,
            None => 1 + better_than(cx, points)?,
        };
        standings.push(Standing { rank, name, points });
    }
    Ok(standings)
}

/// How many players are better: a few rows of the tally, however many players there are.
fn better_than(cx: &Cx<Leaderboard>, points: u32) -> Result<u64> {
    let mut better = 0;
    for (level, larger) in ranges_above(points) {
        Tally::by_level(cx, level).between(larger).each(|tally| better += u64::from(tally.players))?;
    }
    Ok(better)
}

/// How many players are counted in a row of the tally.
fn tallied(cx: &Cx<Leaderboard>, row: (u8, u32)) -> Result<u64> {
    Ok(cx.get::<Tally>(row)?.map_or(0, |tally| tally.players.into()))
}

/// What scores do to the tally: the changes of one handler, each row of it once.
#[derive(Default)]
struct Changes(BTreeMap<(u8, u32), i64>);

impl Changes {
    fn add(&mut self, points: u32, players: i64) {
        for row in rows_of(points) {
            *self.0.entry(row).or_default() += players;
        }
    }

    fn apply(self, cx: &mut Cx<Leaderboard>) -> Result {
        for (row, change) in self.0.into_iter().filter(|(_, change)| *change != 0) {
            let (level, prefix) = row;
            let players = u32::try_from(tallied(cx, row)? as i64 + change).context("the tally is of these players")?;
            match players {
                0 => drop(cx.delete::<Tally>(row)?),
                _ => drop(cx.upsert(Tally { level, prefix, players })?),
            }
        }
        Ok(())
    }
}
