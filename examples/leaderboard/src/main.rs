//! The leaderboard: a tour, or a server with a page.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use leaderboard::{Leaderboard, Player};

/// The page of `serve`.
const PAGE: &str = include_str!("../web/index.html");

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("leaderboard-data").await?;
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        None => tour(&objects).await?,
        Some("serve") => {
            let address = arguments.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
            println!("the board is at http://{address}/, and for programs: POST /rpc/Leaderboard/tetris/{{method}}");
            return objects.server().page("/", PAGE).javascript("/objects.js").serve(address).await;
        }
        Some(other) => bail!("there is `serve`, or nothing, and not {other:?}"),
    }
    objects.close().await
}

/// Many players, the top of them, and one in the middle.
async fn tour(objects: &Objects) -> Result {
    let board = objects.get_by_name::<Leaderboard>("tetris");
    let crowd =
        (0..20_000).map(|n: u32| Player { name: format!("player {n}"), points: n.wrapping_mul(2_654_435_761) >> 12 });
    board.submit_all(crowd.collect::<Vec<_>>()).await?;
    for (name, points) in [("ann", 2_000_000), ("ben", 1_500_000), ("cleo", 1_500_000), ("dora", 524_288)] {
        board.submit(name, points).await?;
    }
    println!("The top of {} players; ben and cleo share a rank:", board.players().await?);
    for line in board.top(4).await? {
        println!("{:>6}. {:<14} {:>9}", line.rank, line.name, line.points);
    }
    println!("Dora and those around her, found by at most 120 small rows, not by counting:");
    for line in board.neighbours("dora", 2).await? {
        println!("{:>6}. {:<14} {:>9}", line.rank, line.name, line.points);
    }
    Ok(())
}
