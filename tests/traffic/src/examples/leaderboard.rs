//! Scores of many players, ties among them: each player's best is there, and ranks, the top and neighbours are those of a board that is
//! counted anew.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::user::{Stop, User};

/// How many players a board has: so many that a page shows all of them.
const PLAYERS: u64 = 400;

/// How many scores are sent to a board.
const SCORES: u64 = 4_000;

#[derive(Default, Clone, Copy)]
struct Best {
    acknowledged: u64,
    tried: u64,
}

#[derive(Default)]
pub(super) struct Leaderboard {
    boards: Mutex<BTreeMap<(String, String), Best>>,
}

impl Traffic for Leaderboard {
    const NAME: &'static str = "leaderboard";
    type Memory = ();

    async fn step(&self, user: &mut User, (): &mut ()) -> Result<(), Stop> {
        let board = format!("board-{}", user.step / SCORES);
        let player = format!("player {}", user.random.u64(0..PLAYERS));
        if user.random.u8(0..8) == 0 {
            let around = json!({"name": player, "each_side": 3});
            let around = user.ask("Leaderboard", &board, "neighbours", around).await?;
            let ranks: Vec<u64> = lines(&around).map(|line| number(line, "rank")).collect();
            user.ensure(ranks.is_sorted(), || format!("neighbours out of order: {around}"));
            return Ok(());
        }
        let points = user.random.u64(0..200) * user.random.u64(1..50); // few enough for ties
        let key = (board.clone(), player.clone());
        {
            let mut boards = self.boards.lock();
            let best = boards.entry(key.clone()).or_default();
            best.tried = best.tried.max(points);
        }
        let standing = user.ask("Leaderboard", &board, "submit", json!({"name": player, "points": points})).await?;
        let there = number(&standing, "points");
        user.ensure(there >= points, || format!("{points} were sent, and the best is {there}"));
        let mut boards = self.boards.lock();
        let best = boards.entry(key).or_default();
        best.acknowledged = best.acknowledged.max(there);
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let mut boards: BTreeMap<String, BTreeMap<String, Best>> = BTreeMap::new();
        for ((board, player), best) in std::mem::take(&mut *self.boards.lock()) {
            boards.entry(board).or_default().insert(player, best);
        }
        for (board, players) in boards {
            let top = user.ask("Leaderboard", &board, "top", json!({"limit": 1_000})).await?;
            check_order(user, &top);
            let there: BTreeMap<String, &Value> = lines(&top).map(|line| (text(line, "name"), line)).collect();
            let count = user.ask("Leaderboard", &board, "players", json!({})).await?;
            user.ensure(count == there.len(), || format!("{count} players are counted, and {} are there", there.len()));
            for (player, Best { acknowledged, tried }) in players {
                let points = there.get(&player).map(|line| number(line, "points"));
                let sentence = || format!("{player} has {points:?} of {acknowledged} to {tried}");
                // Who was never answered may not be there at all.
                let is_lost = acknowledged > points.unwrap_or(0) || (points.is_none() && acknowledged > 0);
                if is_lost {
                    user.find(|findings| findings.lose(1, sentence()));
                }
                user.ensure(points.unwrap_or(0) <= tried, sentence);
                if user.random.u8(0..8) == 0 {
                    let standing = user.ask("Leaderboard", &board, "standing", json!({"name": player})).await?;
                    let listed = there.get(&player).copied().unwrap_or(&Value::Null);
                    user.ensure(standing == *listed, || format!("{standing} stands in the list as {listed}"));
                }
            }
        }
        Ok(())
    }
}

/// The best first, those of one score by their names; a rank is one more than there are better ones.
fn check_order(user: &User, top: &Value) {
    let all: Vec<(u64, String, u64)> =
        lines(top).map(|line| (number(line, "points"), text(line, "name"), number(line, "rank"))).collect();
    let is_sorted =
        all.is_sorted_by(|(points, name, _), (less, next, _)| points > less || (points == less && name < next));
    user.ensure(is_sorted, || format!("the board is out of order: {top}"));
    for (points, name, rank) in &all {
        let better = all.iter().filter(|(others, _, _)| others > points).count() as u64;
        user.ensure(*rank == better + 1, || format!("{name} has rank {rank}, and {better} are better"));
    }
}
