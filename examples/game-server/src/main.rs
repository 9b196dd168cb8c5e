//! A tour of the game server, or the server itself.

#![allow(clippy::print_stdout)]

use do_runtime::prelude::*;
use game_server::{GameServer, Match, match_name};

#[tokio::main]
async fn main() -> Result {
    let objects = Objects::open("game-server-data").await?;
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() == Some("serve") {
        let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        println!("POST http://{address}/rpc/GameServer/eu/create, and http://{address}/rpc/Match/eu:1/join");
        return objects.server().serve(address).await;
    }
    let server = objects.get_by_name::<GameServer>("eu");
    let mut last = 0;
    for _ in 0..1_000 {
        last = server.create("canyon", 4, 3).await?.number;
    }
    let matches = objects.namespace::<Match>().list().all()?.len();
    println!("eu has {last} matches, of which {matches} were ever played: the others are rows.");

    let game = objects.get_by_name::<Match>(match_name("eu", last));
    game.join("ann").await?;
    game.join("ben").await?;
    println!("ann and ben have joined match {last}: {:?}", game.score("ben", 1).await?.points);
    game.score("ann", 3).await?;
    // The winner is in the match's outbox, on disk, and on its way.
    while server.listing(last).await?.winner.is_none() {
        tokio::time::sleep(millis(5)).await;
    }
    println!("eu knows of it: {:?}", server.listing(last).await?);

    server.remove(last).await?;
    match objects.get_by_name::<Match>(match_name("eu", last + 1)).join("eve").await {
        Err(error) => println!("A match that eu does not have is not played: {error}."),
        Ok(game) => println!("A match that eu does not have should not be played: {game:?}"),
    }
    objects.close().await
}
