//! What happens by itself, or among several objects.

use do_bench::BODY;
use do_runtime::prelude::*;
use fleet::{Node, path};
use game_server::{GameServer, Match, match_name};
use scheduler::{Event, Scheduler, When};
use workflow::partners::{BANK, Bank, Carrier, Warehouse};
use workflow::{Order, Purchase, State};

use crate::bench::{Bench, CALLERS};

pub(crate) async fn scheduler() -> Result {
    let event =
        |number: u64| Event { name: format!("event {number}"), channel: "news".to_owned(), text: BODY.to_owned() };
    let (bench, ()) = Bench::<Scheduler>::new("scheduler", "team", async move |_, team| {
        team.open("news").await?;
        for number in 0..100 {
            team.set(event(number), When::After(36_000)).await?;
        }
        Ok(())
    })
    .await?;
    bench.reads("pending, 100 events", |team, _| async move { team.pending().await.map(drop) }).await?;
    let again = bench.writes("set one of 100 events again", move |team, call| async move {
        team.set(event(call % 100), When::After(36_000 + call)).await.map(drop)
    });
    again.await?;
    let new = bench.writes("set a new event", move |team, call| async move {
        team.set(event(1_000 + call), When::After(36_000)).await.map(drop)
    });
    new.await
}

pub(crate) async fn workflow() -> Result {
    let (bench, ()) = Bench::<Order>::new("workflow", "none", async |objects, _| {
        objects.get_by_name::<Warehouse>("lamp").deliver(1_000_000_000).await?;
        objects.get_by_name::<Bank>(BANK).deposit("ann", 1_000_000_000).await?;
        Ok(())
    })
    .await?;
    let bench = bench.with::<Warehouse>().with::<Bank>().with::<Carrier>();
    let complete = bench.row("an order of its own, placed until complete", true, |objects| {
        let orders = objects.namespace::<Order>();
        move |call| {
            let order = orders.get_by_name(format!("order {call}"));
            async move {
                order.place(purchase()).await?;
                let mut progress = order.progress().live()?;
                while progress.next().await?.state != State::Complete {}
                Ok(())
            }
        }
    });
    complete.await?;
    let place = bench.row("placed only (its steps go on behind)", false, |objects| {
        let orders = objects.namespace::<Order>();
        move |call| {
            let order = orders.get_by_name(format!("order {call}"));
            async move { order.place(purchase()).await.map(drop) }
        }
    });
    place.await
}

fn purchase() -> Purchase {
    let (item, account, address) = ("lamp".to_owned(), "ann".to_owned(), "Rose Lane 3".to_owned());
    Purchase { item, quantity: 1, cents: 1, account, address }
}

pub(crate) async fn game_server() -> Result {
    let (bench, ()) = Bench::<GameServer>::new("game-server", "eu", async |_, _| Ok(())).await?;
    bench.writes("create a match", |server, _| async move { server.create("desert", 4, 10).await.map(drop) }).await?;
    bench.reads("matches, a page of 50", |server, _| async move { server.matches(None, 50).await.map(drop) }).await?;
    let (bench, ()) = Bench::<Match>::new("game-server", "eu:1", async |objects, _| {
        let number = objects.get_by_name::<GameServer>("eu").create("desert", 64, u32::MAX).await?.number;
        let game = objects.get_by_name::<Match>(match_name("eu", number));
        for player in 0..CALLERS {
            game.join(format!("player {player}")).await?;
        }
        Ok(())
    })
    .await?;
    let score = bench.writes("score, 64 players", |game, call| async move {
        game.score(format!("player {}", call % CALLERS as u64), 1).await.map(drop)
    });
    score.await?;
    bench.reads("game", |game, _| async move { game.game().await.map(drop) }).await
}

pub(crate) async fn fleet() -> Result {
    let (bench, ()) =
        Bench::<Node>::new("fleet", path::ROOT, async |_, root| root.create("first").await.map(drop)).await?;
    let create = bench.writes("create a child (an object of its own)", |root, call| async move {
        root.create(format!("child-{call}")).await.map(drop)
    });
    create.await?;
    let report = bench.row("report (its manager hears behind it)", false, |objects| {
        let first = objects.get_by_name::<Node>("/first");
        move |call| {
            let first = first.clone();
            async move { first.report(format!("at {call}")).await }
        }
    });
    report.await
}
