//! A game server that knows its matches, and matches that play by themselves.
//!
//! A [`GameServer`] has a row for each match. A [`Match`] is an object of its own, which comes into being when the first player
//! joins: it asks its server what it is. So there is no match without a row, and a row costs nothing but itself.

mod game;
mod server;

pub use game::{Game, Match, MatchStub};
pub use server::{GameServer, GameServerStub, Listing};

/// The name of a match: that of its server, and its number there.
pub fn match_name(server: &str, number: u32) -> String {
    format!("{server}:{number}")
}
