//! The rules of servers and matches.

use std::collections::BTreeSet;

use do_runtime::prelude::*;
use game_server::{Game, GameServer, GameServerStub, Listing, Match, MatchStub, match_name};
use tokio::sync::oneshot;

fn server(kit: &TestKit) -> GameServerStub {
    kit.objects().get_by_name::<GameServer>("eu")
}

fn play(kit: &TestKit, number: u32) -> MatchStub {
    kit.objects().get_by_name::<Match>(match_name("eu", number))
}

async fn create(kit: &TestKit) -> Result<u32> {
    Ok(server(kit).create("canyon", 4, 3).await?.number)
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind())
}

#[do_runtime::test]
async fn creating_and_listing_matches_wakes_none_of_them(kit: TestKit) -> Result {
    for _ in 0..50 {
        create(&kit).await?;
    }
    kit.settle().await;
    assert_eq!(server(&kit).matches(None, 100).await?.len(), 50);
    assert_eq!(kit.awake(), [server(&kit).id()], "the server alone");
    assert!(kit.list::<Match>().await?.is_empty(), "a match is a row until somebody joins");

    play(&kit, 7).join("ann").await?;
    kit.evict_all().await?;
    server(&kit).matches(None, 100).await?;
    kit.settle().await;
    assert_eq!(kit.awake(), [server(&kit).id()], "one that is played is not woken either");
    Ok(())
}

#[do_runtime::test]
async fn a_list_goes_on_after_a_number(kit: TestKit) -> Result {
    for _ in 0..25 {
        create(&kit).await?;
    }
    let mut seen = Vec::new();
    loop {
        let page = server(&kit).matches(seen.last().copied(), 10).await?;
        if page.is_empty() {
            break;
        }
        seen.extend(page.iter().map(|listing| listing.number));
    }
    assert_eq!(seen, (1..=25).collect::<Vec<u32>>());
    Ok(())
}

#[do_runtime::test]
async fn one_match_acts_while_another_is_in_the_middle_of_an_action(kit: TestKit) -> Result {
    let (first, second) = (play(&kit, create(&kit).await?), play(&kit, create(&kit).await?));
    for game in [&first, &second] {
        game.join("ann").await?;
    }
    let (begun, begins) = oneshot::channel();
    let (acted, hears) = oneshot::channel::<Game>();
    let busy = kit.thread({
        let (kit, first) = (kit.clone(), first.clone());
        move || {
            kit.block_on(kit.inside(&first, |_, _| {
                let _ = begun.send(());
                kit.block_on(hears).context("the other match did not act") // ends once the other one has acted
            }))
        }
    });
    begins.await.context("the first match did not begin")?;
    let _ = acted.send(second.score("ann", 1).await?);
    busy.await?;
    Ok(())
}

#[do_runtime::test]
async fn actions_of_one_match_follow_each_other(kit: TestKit) -> Result {
    let number = server(&kit).create("canyon", 4, 1_000).await?.number;
    let game = play(&kit, number);
    game.join("ann").await?;
    let actions: Vec<_> = (0..100)
        .map(|_| {
            tokio::spawn({
                let game = game.clone();
                async move { game.score("ann", 1).await }
            })
        })
        .collect();
    for action in actions {
        action.await.context("it ended")??;
    }
    assert_eq!(game.game().await?.points["ann"], 100);
    Ok(())
}

/// Every match that is there is in the list, and says the same; every match of the list can be joined.
async fn agree(kit: &TestKit, removed: &BTreeSet<u32>) -> Result {
    let listed = server(kit).matches(None, 1_000).await?;
    let rows: BTreeSet<_> = listed
        .iter()
        .map(|listing| kit.objects().get_by_name::<Match>(match_name("eu", listing.number)).id())
        .collect();
    for id in kit.list::<Match>().await? {
        assert!(rows.contains(&id), "a match that its server does not have");
    }
    for Listing { number, winner, .. } in listed {
        assert!(!removed.contains(&number), "match {number} was removed");
        assert_eq!(play(kit, number).join("zoe").await?.winner, winner, "match {number}");
    }
    Ok(())
}

#[do_runtime::test]
async fn the_servers_row_and_the_match_never_disagree_after_a_crash(kit: TestKit) -> Result {
    kit.sync_each_commit();
    kit.restart().await?;
    for cut in 0_u32.. {
        kit.disk().cut_power_after(u64::from(cut));
        let mut removed = BTreeSet::new();
        let life = async {
            let (kept, gone) = (create(&kit).await?, create(&kit).await?);
            for number in [kept, gone] {
                play(&kit, number).join("ann").await?;
            }
            play(&kit, kept).score("ann", 3).await?;
            server(&kit).remove(gone).await?;
            removed.insert(gone);
            kit.settle().await;
            server(&kit).listing(kept).await
        };
        let lived = life.await;
        kit.crash().await?;
        kit.advance("2h").await;
        agree(&kit, &removed).await.map_err(|error| error.context(format!("power cut after {cut} steps")))?;
        if lived.is_ok_and(|listing| listing.winner.is_some()) {
            assert!(cut > 8, "only {cut} points were tried");
            return Ok(());
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn a_match_that_its_server_does_not_have_is_never_played(kit: TestKit) -> Result {
    for name in ["eu:1", "eu:-1", "eu:", ":", "", "eu", "eu:1:1", "nowhere:1"] {
        let game = kit.objects().get_by_name::<Match>(name);
        assert!(game.join("ann").await.is_err(), "{name:?} was joined");
        assert_eq!(kind(game.score("ann", 1).await), Some(ErrorKind::NotFound));
    }
    kit.settle().await;
    assert!(kit.list::<Match>().await?.is_empty());
    assert!(kit.list::<GameServer>().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn who_asked_just_before_a_match_was_removed_does_not_bring_it_back() -> Result {
    for seed in 0..200 {
        let kit = TestKit::shuffled(seed).await?; // in an order that the seed draws
        let number = create(&kit).await?;
        let joining: Vec<_> = (0..20)
            .map(|player| {
                let game = play(&kit, number);
                kit.spawn(async move { game.join(format!("player {player}")).await })
            })
            .collect();
        let other = kit.spawn({
            let server = server(&kit);
            async move { server.create("forest", 4, 3).await }
        });
        let removing = kit.spawn({
            let server = server(&kit);
            async move { server.remove(number).await }
        });
        kit.settle().await;
        for joined in joining {
            drop(joined.await); // it was in time, or not
        }
        other.await?;
        removing.await?;
        assert_eq!(kind(play(&kit, number).game().await), Some(ErrorKind::NotFound), "seed {seed}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_removed_match_is_forgotten_and_its_number_is_not_given_again(kit: TestKit) -> Result {
    let number = create(&kit).await?;
    play(&kit, number).join("ann").await?;
    server(&kit).remove(number).await?;
    assert_eq!(kind(server(&kit).remove(number).await), Some(ErrorKind::NotFound));
    assert_eq!(create(&kit).await?, number + 1);
    kit.settle().await;
    assert_eq!(kind(play(&kit, number).join("ben").await), Some(ErrorKind::NotFound));
    kit.advance("2h").await;
    assert!(kit.list::<Match>().await?.is_empty(), "nothing is left of it");
    assert_eq!(kind(play(&kit, number).join("ben").await), Some(ErrorKind::NotFound));
    Ok(())
}

#[do_runtime::test]
async fn the_server_hears_who_has_won_once_although_it_crashes(kit: TestKit) -> Result {
    let number = create(&kit).await?;
    let game = play(&kit, number);
    game.join("ann").await?;
    game.join("ben").await?;
    kit.hold_deliveries(true);
    game.score("ben", 3).await?;
    kit.crash().await?;
    assert_eq!(server(&kit).listing(number).await?.winner, None, "the word is on its way");
    kit.hold_deliveries(false);
    kit.settle().await;
    assert_eq!(server(&kit).listing(number).await?.winner.as_deref(), Some("ben"));
    assert_eq!(kind(game.score("ann", 3).await), Some(ErrorKind::Invalid), "it is over");
    Ok(())
}

#[do_runtime::test]
async fn a_match_has_no_more_players_than_seats(kit: TestKit) -> Result {
    let number = create(&kit).await?;
    let joining: Vec<_> = (0..20)
        .map(|player| {
            tokio::spawn({
                let game = play(&kit, number);
                async move { game.join(format!("player {player}")).await }
            })
        })
        .collect();
    let mut seated = 0;
    for joined in joining {
        seated += u32::from(joined.await.context("it ended")?.is_ok());
    }
    assert_eq!(seated, 4);
    assert_eq!(play(&kit, number).game().await?.points.len(), 4);
    Ok(())
}

#[do_runtime::test]
async fn players_use_it_over_http(kit: TestKit) -> Result {
    let created = kit.fetch("POST", "/rpc/GameServer/eu/create", r#"{"map":"canyon","seats":2,"goal":3}"#).await?;
    let number = created.body_json::<Listing>()?.number;
    let joined = kit.fetch("POST", &format!("/rpc/Match/eu:{number}/join"), r#"{"player":"ann"}"#).await?;
    assert_eq!(joined.code(), 200, "{}", joined.body_text());
    assert_eq!(kit.fetch("POST", "/rpc/Match/eu:99/join", r#"{"player":"ann"}"#).await?.code(), 404);
    // What objects say to each other is not said from outside.
    for path in [format!("/rpc/Match/eu:{number}/close"), "/rpc/GameServer/eu/finished".to_owned()] {
        assert_eq!(kit.fetch("POST", &path, "{}").await?.code(), 404);
    }
    Ok(())
}
