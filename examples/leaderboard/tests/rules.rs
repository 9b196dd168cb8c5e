//! The rules of a leaderboard.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use leaderboard::{Leaderboard, LeaderboardStub, Player, Standing, Tally, ranges_above};

fn board(kit: &TestKit) -> LeaderboardStub {
    kit.objects().get_by_name::<Leaderboard>("tetris")
}

fn player(name: impl Into<String>, points: u32) -> Player {
    Player { name: name.into(), points }
}

async fn submit_all(board: &LeaderboardStub, scores: &[(&str, u32)]) -> Result {
    board.submit_all(scores.iter().map(|(name, points)| player(*name, *points)).collect::<Vec<_>>()).await
}

fn lines(standings: &[Standing]) -> Vec<(u64, &str, u32)> {
    standings.iter().map(|line| (line.rank, line.name.as_str(), line.points)).collect()
}

/// What the board must be: all lines of it, by sorting and counting.
fn sorted(scores: &BTreeMap<String, u32>) -> Vec<Standing> {
    let mut players: Vec<_> = scores.iter().map(|(name, points)| (std::cmp::Reverse(*points), name.clone())).collect();
    players.sort();
    let mut standings: Vec<Standing> = Vec::new();
    for (place, (std::cmp::Reverse(points), name)) in players.into_iter().enumerate() {
        let rank = match standings.last() {
            Some(before) if before.points == points => before.rank,
            _ => place as u64 + 1,
        };
        standings.push(Standing { rank, name, points });
    }
    standings
}

/// Numbers that look drawn, the same for each run of one seed.
fn drawn(seed: u64) -> impl FnMut(u32) -> u32 {
    let mut state = seed | 1;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % u64::from(below)) as u32
    }
}

#[do_runtime::test]
async fn players_of_one_score_have_one_rank_and_the_next_rank_is_left_out(kit: TestKit) -> Result {
    let board = board(&kit);
    submit_all(&board, &[("cleo", 20), ("ann", 30), ("dora", 10), ("ben", 20)]).await?;
    let expected = [(1, "ann", 30), (2, "ben", 20), (2, "cleo", 20), (4, "dora", 10)];
    assert_eq!(lines(&board.top(10).await?), expected);
    assert_eq!(lines(&board.top(2).await?), expected[..2]);
    for line in board.top(10).await? {
        assert_eq!(board.standing(&line.name).await?.as_ref(), Some(&line));
    }
    Ok(())
}

#[do_runtime::test]
async fn a_player_has_the_best_of_all_scores(kit: TestKit) -> Result {
    let board = board(&kit);
    submit_all(&board, &[("ann", 10), ("ben", 20)]).await?;
    assert_eq!(board.submit("ann", 30).await?.rank, 1);
    assert_eq!(board.submit("ann", 5).await?, Standing { rank: 1, name: "ann".into(), points: 30 });
    assert_eq!(lines(&board.top(10).await?), [(1, "ann", 30), (2, "ben", 20)]);
    assert_eq!(board.players().await?, 2);
    Ok(())
}

#[do_runtime::test]
async fn neighbours_are_those_right_before_and_right_behind(kit: TestKit) -> Result {
    let board = board(&kit);
    submit_all(&board, &[("a", 50), ("b", 40), ("c", 40), ("d", 40), ("e", 30), ("f", 20)]).await?;
    let around = board.neighbours("d", 2).await?;
    assert_eq!(lines(&around), [(2, "b", 40), (2, "c", 40), (2, "d", 40), (5, "e", 30), (6, "f", 20)]);
    assert_eq!(lines(&board.neighbours("a", 1).await?), [(1, "a", 50), (2, "b", 40)]);
    assert_eq!(lines(&board.neighbours("f", 1).await?), [(5, "e", 30), (6, "f", 20)]);
    assert_eq!(lines(&board.neighbours("c", 0).await?), [(2, "c", 40)]);
    assert_eq!(board.neighbours("nobody", 3).await?, []);
    assert_eq!(board.standing("nobody").await?, None);
    Ok(())
}

#[do_runtime::test]
async fn the_rank_among_a_hundred_thousand_players_is_right(kit: TestKit) -> Result {
    let board = board(&kit);
    let mut draw = drawn(kit.seed());
    let mut scores = BTreeMap::new();
    for number in 0..100_000 {
        // Half of them crowd together, so that many ranks are shared.
        let points = if number % 2 == 0 { draw(u32::MAX) } else { 1_000_000 + draw(5_000) };
        scores.insert(format!("player {number}"), points);
    }
    let players: Vec<Player> = scores.iter().map(|(name, points)| player(name, *points)).collect();
    for batch in players.chunks(20_000) {
        board.submit_all(batch.to_vec()).await?;
    }
    assert_eq!(board.players().await?, 100_000);
    let expected = sorted(&scores);
    for place in (0..expected.len()).step_by(997) {
        assert_eq!(board.standing(&expected[place].name).await?.as_ref(), Some(&expected[place]));
    }
    assert_eq!(board.top(500).await?, expected[..500]);
    assert_eq!(board.neighbours(&expected[60_000].name, 20).await?, expected[59_980..=60_020]);
    Ok(())
}

/// That no query reads a whole table is checked by the compiler (`scans = "deny"`). This is the other half: what a rank adds up does
/// not grow with the players.
#[test]
fn a_rank_adds_up_at_most_120_rows_however_many_players_there_are() {
    for points in [0, 1, 15, 16, 4_095, 1_000_000, u32::MAX - 1, u32::MAX] {
        let rows: u32 = ranges_above(points).map(|(_, range)| range.end() - range.start() + 1).sum();
        assert!(rows <= 120, "{points}: {rows}");
    }
    assert_eq!(ranges_above(u32::MAX).count(), 0, "nobody is better");
}

#[do_runtime::test]
async fn ranks_follow_every_change(kit: TestKit) -> Result {
    let board = board(&kit);
    let mut draw = drawn(kit.seed());
    let mut scores = BTreeMap::<String, u32>::new();
    for step in 0..400 {
        let name = format!("p{}", draw(40));
        if draw(4) == 0 {
            assert_eq!(board.remove(&name).await?, scores.remove(&name).is_some());
        } else {
            let points = draw(60);
            board.submit(&name, points).await?;
            let best = scores.entry(name).or_insert(points);
            *best = points.max(*best);
        }
        if step % 20 == 0 {
            kit.crash().await?;
        }
        if step % 10 == 0 {
            assert_eq!(board.top(1_000).await?, sorted(&scores), "step {step}");
        }
    }
    for name in scores.keys() {
        board.remove(name).await?;
    }
    assert_eq!(kit.physical_rows::<Tally>(&board).await?, 0, "nothing is left of those who are gone");
    Ok(())
}

#[do_runtime::test]
async fn scores_that_arrive_at_once_are_all_counted(kit: TestKit) -> Result {
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let board = board(&kit);
            kit.spawn(async move { board.submit(format!("player {number}"), number / 2).await })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    let scores = (0..200).map(|number| (format!("player {number}"), number / 2)).collect();
    assert_eq!(board(&kit).top(1_000).await?, sorted(&scores));
    Ok(())
}

#[do_runtime::test]
async fn what_is_refused_changes_nothing(kit: TestKit) -> Result {
    let board = board(&kit);
    board.submit("ann", 1).await?;
    let error = board.submit_all(vec![player("ben", 5), player("", 6)]).await.expect_err("it has no name");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, "a name has 1 to 40 characters"));
    assert_eq!(lines(&board.top(10).await?), [(1, "ann", 1)]);
    assert_eq!(board.players().await?, 1);
    assert_eq!(board.top(1_001).await.expect_err("it is too long").kind(), ErrorKind::Invalid);
    Ok(())
}

#[do_runtime::test]
async fn the_page_calls_methods_that_are_public(kit: TestKit) -> Result {
    let client = kit.objects().interface().javascript(); // what the page loads as `/objects.js`
    let page = include_str!("../web/index.html").split("<script").last().context("it has a script")?;
    let methods: Vec<&str> = page.split(" board.").skip(1).filter_map(|call| call.split(['(', '.']).next()).collect();
    assert!(methods.len() >= 4, "{methods:?}");
    for method in methods {
        assert!(client.contains(&format!("call(\"{method}\"")), "{method}");
    }
    Ok(())
}
