//! A leaderboard: the best score of each player, the top of all, and the rank of anybody among any number of players.

mod board;
mod tally;

pub use board::{Leaderboard, LeaderboardStub, Player, Standing};
pub use tally::{Tally, ranges_above};
