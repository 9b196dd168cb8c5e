//! Matches that are created, played and removed: no number is given twice, the list and the matches agree, points are what was scored, and
//! the server hears who has won.

use std::collections::{BTreeMap, BTreeSet};

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{lines, number, text};
use crate::drive::Traffic;
use crate::findings::Count;
use crate::user::{Stop, User};

const SERVER: &str = "eu";

#[derive(Default)]
struct Known {
    /// Every number that `create` gave.
    created: BTreeSet<u64>,
    /// Those of them whose removal was asked for; whether it was acknowledged.
    removed: BTreeMap<u64, bool>,
    /// Points of the one player that each user is, by match.
    points: BTreeMap<(u64, String), Count>,
}

#[derive(Default)]
pub(super) struct GameServer {
    known: Mutex<Known>,
}

impl GameServer {
    async fn create(&self, user: &mut User) -> Result<u64, Stop> {
        let created =
            user.ask("GameServer", SERVER, "create", json!({"map": "canyon", "seats": 4, "goal": 12})).await?;
        let created = number(&created, "number");
        let is_new = self.known.lock().created.insert(created);
        user.ensure(is_new, || format!("the number {created} was given twice"));
        user.ask("Match", &format!("{SERVER}:{created}"), "join", json!({"player": player(user)})).await?;
        Ok(created)
    }

    async fn score(&self, user: &mut User, game: u64) -> Result<Value, Stop> {
        let (player, points) = (player(user), user.random.u64(1..=3));
        let key = (game, player.clone());
        self.known.lock().points.entry(key.clone()).or_default().tries(points);
        let arguments = json!({"player": player, "points": points});
        let state = user.ask("Match", &format!("{SERVER}:{game}"), "score", arguments).await?;
        self.known.lock().points.entry(key).or_default().acknowledges(points);
        Ok(state)
    }

    async fn remove(&self, user: &mut User, game: u64) -> Result<(), Stop> {
        self.known.lock().removed.insert(game, false);
        user.ask("GameServer", SERVER, "remove", json!({"number": game})).await?;
        self.known.lock().removed.insert(game, true);
        Ok(())
    }

    async fn list(user: &mut User) -> Result<BTreeMap<u64, Value>, Stop> {
        let mut listed = BTreeMap::new();
        loop {
            let after = listed.keys().last().copied();
            let page = user.ask("GameServer", SERVER, "matches", json!({"after": after, "limit": 1_000})).await?;
            let before = listed.len();
            listed.extend(lines(&page).map(|line| (number(line, "number"), line.clone())));
            if listed.len() == before {
                return Ok(listed);
            }
        }
    }
}

impl Traffic for GameServer {
    const NAME: &'static str = "game-server";
    /// The match that this user plays.
    type Memory = Option<u64>;

    async fn step(&self, user: &mut User, playing: &mut Option<u64>) -> Result<(), Stop> {
        let Some(game) = playing.take() else {
            *playing = Some(self.create(user).await?);
            return Ok(());
        };
        if user.random.u8(0..12) == 0 {
            return self.remove(user, game).await;
        }
        let state = self.score(user, game).await?;
        *playing = Some(game).filter(|_| state["winner"].is_null());
        Ok(())
    }

    async fn check(&self, user: &mut User) -> Result<(), Stop> {
        let Known { created, removed, points } = std::mem::take(&mut *self.known.lock());
        let listed = Self::list(user).await?;
        for number in created.iter().filter(|number| !removed.contains_key(number) && !listed.contains_key(number)) {
            user.find(|findings| findings.lose(1, format!("match {number} was created, and is not listed")));
        }
        for (number, _) in removed.into_iter().filter(|(_, acknowledged)| *acknowledged) {
            user.ensure(!listed.contains_key(&number), || format!("match {number} was removed, and is listed"));
            let closed = user.until("the word that a match is removed", async |user| {
                let name = format!("{SERVER}:{number}");
                let joined = user.call("Match", &name, "join", json!({"player": "late"})).await?;
                Ok((joined.unless(404)?.is_none()).then_some(()))
            });
            closed.await?;
        }
        for ((number, player), count) in points.into_iter().filter(|((number, _), _)| listed.contains_key(number)) {
            let game = user.ask("Match", &format!("{SERVER}:{number}"), "game", json!({})).await?;
            let there = game["points"][&player].as_u64().unwrap_or(0);
            user.compare(&format!("points of {player} in match {number}"), count, there);
            let winner = text(&game, "winner");
            user.ensure(winner.is_empty() == (there < 12), || format!("{there} points, and the winner is {winner:?}"));
            let hearing = user.until("the word who has won", async |user| {
                let listing = user.ask("GameServer", SERVER, "listing", json!({"number": number})).await?;
                Ok((listing["winner"] == game["winner"]).then_some(()))
            });
            hearing.await?;
        }
        Ok(())
    }
}

fn player(user: &User) -> String {
    format!("player {}", user.number)
}
