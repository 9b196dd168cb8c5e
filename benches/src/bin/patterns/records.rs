//! Numbers and documents.

use analytics::{Analytics, Sample, Span};
use do_bench::BODY;
use do_runtime::prelude::*;
use iot_device::Device;
use leaderboard::{Leaderboard, Player};
use search::{Draft, Library};
use tenant_db::Tenant;

use crate::bench::Bench;

pub(crate) async fn analytics() -> Result {
    let sample =
        |number: u64| Sample { metric: "visits".to_owned(), label: format!("page {}", number % 100), value: 1 };
    for batch in [1, 100] {
        let (bench, ()) = Bench::<Analytics>::new("analytics", "site", async |_, site| {
            site.record((0..100).map(sample).collect::<Vec<_>>()).await
        })
        .await?;
        let record = bench.writes(format!("record {batch} point(s)"), move |site, call| async move {
            site.record((call..call + batch).map(sample).collect::<Vec<_>>()).await
        });
        record.await?;
        if batch == 1 {
            bench.reads("total", |site, _| async move { site.total("visits").await.map(drop) }).await?;
            bench
                .reads("top 10 of 100 labels", |site, _| async move { site.top("visits", 10).await.map(drop) })
                .await?;
            let latest = bench.reads("latest 60 minutes", |site, _| async move {
                site.latest("visits", Span::Minute, 60).await.map(drop)
            });
            latest.await?;
        }
    }
    Ok(())
}

pub(crate) async fn leaderboard() -> Result {
    const PLAYERS: u64 = 100_000;
    // Numbers without an order: the players of the calls, and their points.
    let number = |call: u64| call * 7919 % PLAYERS;
    let name = move |call: u64| format!("player {}", number(call));
    let points = |number: u64| u32::try_from(number * 104_729 % 1_000_003).unwrap_or(0);
    let (bench, ()) = Bench::<Leaderboard>::new("leaderboard", "all time", async |_, board| {
        for begin in (0..PLAYERS).step_by(10_000) {
            let players = (begin..begin + 10_000).map(|n| Player { name: format!("player {n}"), points: points(n) });
            board.submit_all(players.collect::<Vec<_>>()).await?;
        }
        Ok(())
    })
    .await?;
    let submit = bench.writes("submit a better score, 100,000 players", move |board, call| async move {
        let better = points(number(call)) + 1 + (call / PLAYERS) as u32;
        board.submit(name(call), better).await.map(drop)
    });
    submit.await?;
    let standing = bench.reads("rank of a player (standing)", move |board, call| async move {
        board.standing(&name(call)).await.map(drop)
    });
    standing.await?;
    bench.reads("top 10", |board, _| async move { board.top(10).await.map(drop) }).await?;
    let neighbours = bench.reads("neighbours, 5 on each side", move |board, call| async move {
        board.neighbours(&name(call), 5).await.map(drop)
    });
    neighbours.await
}

pub(crate) async fn search() -> Result {
    let (bench, ()) = Bench::<Library>::new("search", "library", async |_, library| {
        library.add((0..1_000).map(draft).collect::<Vec<_>>()).await.map(drop)
    })
    .await?;
    let rare = bench.reads("search two words, in 20 of 1,000", |library, call| async move {
        library.search(&format!("common word{}", call % 50), 10).await.map(drop)
    });
    rare.await?;
    let common = bench.reads("search a word that is in all 1,000", |library, _| async move {
        library.search("common", 10).await.map(drop)
    });
    common.await?;
    let add = bench.writes("add a document of 100 words", |library, call| async move {
        library.add(vec![draft(call)]).await.map(drop)
    });
    add.await
}

/// A document of 100 words: one that is in all, one of fifty, and others of a thousand.
fn draft(number: u64) -> Draft {
    let words = (0..98).map(|place| format!("term{}", (number * 31 + place * place * 17) % 1_000));
    let body = format!("common word{} {}", number % 50, words.collect::<Vec<_>>().join(" "));
    Draft { title: format!("Document {number}"), body }
}

pub(crate) async fn iot_device() -> Result {
    let sample = |number: u64| {
        let (sensor, value) = (format!("sensor {}", number % 4), number as f64 % 100.0);
        iot_device::Sample { sensor, value, at: None }
    };
    for batch in [1, 100] {
        let (bench, ()) = Bench::<Device>::new("iot-device", "lamp", async |_, device| {
            device.set_threshold("sensor 0", None, Some(1_000.0)).await?;
            device.measured((0..200).map(sample).collect::<Vec<_>>()).await
        })
        .await?;
        let measured = bench.writes(format!("measured, {batch} sample(s)"), move |device, call| async move {
            device.measured((call..call + batch).map(sample).collect::<Vec<_>>()).await
        });
        measured.await?;
        if batch == 1 {
            bench
                .reads(
                    "readings, the newest 50",
                    |device, _| async move { device.readings("sensor 1", 50).await.map(drop) },
                )
                .await?;
            bench.reads("twin", |device, _| async move { device.twin().await.map(drop) }).await?;
        }
    }
    Ok(())
}

pub(crate) async fn tenant_db() -> Result {
    let email = |number: u64| format!("info@customer-{number}.example.org");
    let (bench, ()) = Bench::<Tenant>::new("tenant-db", "tenant", async |_, tenant| {
        for number in 0..1_000 {
            tenant.add(format!("Customer {number}"), 1, vec![email(number)]).await?;
        }
        Ok(())
    })
    .await?;
    bench
        .reads("by_name", |tenant, call| async move {
            tenant.by_name(&format!("CUSTOMER {}", call % 1_000)).await.map(drop)
        })
        .await?;
    bench
        .reads("by_email", move |tenant, call| async move { tenant.by_email(&email(call % 1_000)).await.map(drop) })
        .await?;
    let add = bench.writes("add a customer with two addresses", move |tenant, call| async move {
        tenant.add(format!("{BODY} {call}"), 5, vec![email(call), format!("sales-{call}@example.org")]).await.map(drop)
    });
    add.await
}
