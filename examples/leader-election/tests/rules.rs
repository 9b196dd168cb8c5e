//! What an election promises.

use std::collections::BTreeMap;

use do_runtime::prelude::*;
use leader_election::{Group, GroupStub, Leader, NotLeader, PATIENCE};

fn workers(kit: &TestKit) -> GroupStub {
    kit.objects().get_by_name::<Group>("workers")
}

/// The name and the term of who leads.
async fn leads(group: &GroupStub) -> Result<Option<(String, u64)>> {
    Ok(group.leader().await?.map(|leader| (leader.name, leader.term)))
}

fn is(name: &str, term: u64) -> Option<(String, u64)> {
    Some((name.to_owned(), term))
}

/// Members that are heard, not heard, give up, and a server that crashes, all as it is drawn: at no time two of them may believe that they lead.
#[do_runtime::test]
async fn there_are_never_two_leaders(kit: TestKit) -> Result {
    let group = workers(&kit);
    let names = ["ann", "ben", "cleo", "dan"];
    let mut beliefs: BTreeMap<&str, Leader> = BTreeMap::new();
    let mut terms: BTreeMap<u64, String> = BTreeMap::new();
    let mut drawn: u64 = kit.seed() | 1;
    let mut draw = |below: u64| {
        drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (drawn >> 33) % below
    };
    for _ in 0..600 {
        let name = names[draw(4) as usize];
        match draw(40) {
            0 => kit.crash().await?,
            1 => kit.evict_all().await?,
            2 => kit.advance(millis(draw(12_000))).await,
            3 | 4 => {
                if let Some(belief) = beliefs.remove(name) {
                    let _ = group.release(name, belief.term).await;
                }
            }
            5..20 => kit.advance(millis(draw(1_500))).await,
            _ => {
                let leader = group.heartbeat(name).await?;
                let newest = terms.last_key_value().map_or(0, |(term, _)| *term);
                assert!(leader.term >= newest, "term {} after {newest}", leader.term);
                let of_term = terms.entry(leader.term).or_insert_with(|| leader.name.clone());
                assert_eq!(*of_term, leader.name, "a term has one leader");
                if leader.name == name {
                    beliefs.insert(name, leader);
                } else {
                    beliefs.remove(name);
                }
            }
        }
        let believe: Vec<_> = beliefs.values().filter(|leader| leader.until > kit.now()).collect();
        assert!(believe.len() <= 1, "{believe:?}");
    }
    assert!(terms.len() > 10, "there was something to see");
    Ok(())
}

#[do_runtime::test]
async fn the_next_one_leads_after_a_missed_heartbeat(kit: TestKit) -> Result {
    let group = workers(&kit);
    for name in ["ann", "ben", "cleo"] {
        assert_eq!(group.heartbeat(name).await?.name, "ann", "who came first");
    }
    kit.advance("3s").await;
    for name in ["cleo", "ben"] {
        group.heartbeat(name).await?;
    }
    kit.evict_all().await?;
    kit.advance(millis(1_999)).await;
    assert_eq!(leads(&group).await?, is("ann", 1));
    kit.advance(millis(1)).await;
    assert_eq!(leads(&group).await?, is("ben", 2), "who came second, and nobody had to ask");
    assert_eq!(group.members().await?, ["ben", "cleo"]);
    kit.advance(PATIENCE).await;
    assert_eq!(leads(&group).await?, None);
    let late = group.heartbeat("ben").await?;
    assert_eq!((late.name.as_str(), late.term), ("ben", 3), "he led before, but this is a term of its own");
    kit.advance(PATIENCE).await;
    assert!(kit.pending_alarms(&group).await?.iter().all(|alarm| alarm.method() == "cleanup"), "it sleeps for good");
    Ok(())
}

#[do_runtime::test]
async fn heartbeats_in_time_keep_the_leader(kit: TestKit) -> Result {
    let group = workers(&kit);
    let begun = kit.now();
    for _ in 0..50 {
        assert_eq!(group.heartbeat("ann").await?, Leader { name: "ann".into(), term: 1, until: kit.now() + PATIENCE });
        group.heartbeat("ben").await?;
        kit.advance(millis(4_999)).await;
    }
    assert_eq!(leads(&group).await?, is("ann", 1));
    assert!(kit.now() - begun > minutes(4));
    Ok(())
}

#[do_runtime::test]
async fn only_the_heartbeat_of_the_leader_counts(kit: TestKit) -> Result {
    let group = workers(&kit);
    group.heartbeat("ann").await?;
    for _ in 0..4 {
        assert_eq!(group.heartbeat("ben").await?.name, "ann");
        kit.advance("1s").await;
    }
    kit.advance("1s").await;
    assert_eq!(leads(&group).await?, is("ben", 2), "ben was heard, ann was not");
    assert_eq!(group.heartbeat("ann").await?.name, "ben", "it does not bring her back");
    Ok(())
}

#[do_runtime::test]
async fn a_leader_who_gives_up_is_followed_at_once(kit: TestKit) -> Result {
    let group = workers(&kit);
    group.heartbeat("ann").await?;
    group.heartbeat("ben").await?;
    for (name, term) in [("ben", 1), ("ann", 2), ("ann", 0)] {
        let outcome = group.release(name, term).await;
        assert!(matches!(outcome, Err(CallError::User(NotLeader))), "{outcome:?}");
    }
    group.release("ann", 1).await?;
    assert_eq!(leads(&group).await?, is("ben", 2));
    assert_eq!(group.heartbeat("ann").await?.name, "ben", "she joins behind him");
    group.release("ben", 2).await?;
    group.release("ann", 3).await?;
    assert_eq!(leads(&group).await?, None);
    Ok(())
}

/// The defect of elections without terms: a leader who was asleep can't be told from the one who leads.
#[do_runtime::test]
async fn terms_only_grow_over_failover_restart_and_the_end_of_all_members(kit: TestKit) -> Result {
    let group = workers(&kit);
    group.heartbeat("ann").await?;
    group.heartbeat("ben").await?;
    kit.crash().await?;
    assert_eq!(leads(&group).await?, is("ann", 1), "a crash of the server is none of the leader");
    kit.advance("3s").await;
    group.heartbeat("ben").await?;
    kit.crash().await?;
    kit.advance("2s").await;
    assert_eq!(leads(&group).await?, is("ben", 2), "and the alarm goes on");
    kit.advance("1d").await;
    kit.restart().await?;
    assert_eq!(group.heartbeat("ben").await?.term, 3, "ben again, who was gone between");
    Ok(())
}

#[do_runtime::test]
async fn it_works_over_http(kit: TestKit) -> Result {
    let response = kit.fetch("POST", "/rpc/Group/workers/heartbeat", r#"{"name": "ann"}"#).await?;
    assert_eq!(response.body_json::<Leader>()?.term, 1);
    let release = r#"{"name": "ann", "term": 7}"#;
    assert_eq!(kit.fetch("POST", "/rpc/Group/workers/release", release).await?.code(), 409);
    Ok(())
}

/// A member that beats at an instant.
#[durable_object]
struct Late;

#[durable_object]
impl Late {
    #[rpc]
    async fn beat_at(this: This<Self>, time: Timestamp) -> Result<Leader> {
        this.sleep(time - this.now()?).await?;
        this.objects().get_by_name::<Group>("workers").heartbeat("ann").await
    }
}

/// The alarm may be late: whoever is heard at the instant, before or after it, does not lead on.
#[do_runtime::test]
async fn a_heartbeat_that_comes_too_late_does_not_keep_the_leader() -> Result {
    for seed in 0..10 {
        let kit = TestKit::shuffled(seed).await?;
        let group = workers(&kit);
        let end = group.heartbeat("ann").await?.until;
        kit.advance("4s").await;
        group.heartbeat("ben").await?;
        let late = kit.objects().get_by_name::<Late>("ann");
        let (leader, ()) = tokio::join!(late.beat_at(end), kit.set_time(end));
        let leader = leader?;
        assert_eq!((leader.name.as_str(), leader.term), ("ben", 2), "seed {seed}");
    }
    Ok(())
}
