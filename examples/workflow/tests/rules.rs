//! The rules of orders, over crashes at every point.

use do_runtime::prelude::*;
use workflow::partners::{BANK, Bank, CARRIER, Carrier, Warehouse};
use workflow::{Order, OrderStub, Outcome, Progress, Purchase, State, Step};

const STOCK: u32 = 1_000;
const MONEY: u32 = 1_000_000;

/// What customers and partners have.
#[derive(Debug, PartialEq)]
struct Books {
    lamps: u32,
    cents: i64,
    parcels: i64,
}

impl Books {
    /// After so many orders that were completed.
    fn after(orders: u32) -> Self {
        Books { lamps: STOCK - 2 * orders, cents: i64::from(MONEY - 4_000 * orders), parcels: i64::from(orders) }
    }

    async fn read(kit: &TestKit) -> Result<Self> {
        Ok(Books {
            lamps: kit.objects().get_by_name::<Warehouse>("lamp").left().await?,
            cents: kit.objects().get_by_name::<Bank>(BANK).balance("ann").await?,
            parcels: carrier(kit).underway().await?,
        })
    }
}

async fn fill(kit: &TestKit) -> Result {
    kit.objects().get_by_name::<Warehouse>("lamp").deliver(STOCK).await?;
    kit.objects().get_by_name::<Bank>(BANK).deposit("ann", MONEY).await?;
    Ok(())
}

fn carrier(kit: &TestKit) -> workflow::partners::CarrierStub {
    kit.objects().get_by_name::<Carrier>(CARRIER)
}

fn order(kit: &TestKit, name: &str) -> OrderStub {
    kit.objects().get_by_name::<Order>(name)
}

fn lamps_to(address: &str) -> Purchase {
    Purchase { item: "lamp".into(), quantity: 2, cents: 4_000, account: "ann".into(), address: address.into() }
}

/// The steps of which the log says so, in its order.
fn steps(progress: &Progress, which: impl Fn(&Outcome) -> bool) -> Vec<Step> {
    progress.log.iter().filter(|entry| which(&entry.outcome)).map(|entry| entry.step).collect()
}

fn done(progress: &Progress) -> Vec<Step> {
    steps(progress, |outcome| matches!(outcome, Outcome::Done { .. }))
}

fn undone(progress: &Progress) -> Vec<Step> {
    steps(progress, |outcome| *outcome == Outcome::Undone)
}

/// Places orders, with the power going for a month after ever more steps of the disk, and once more while the machine starts, until
/// one came to its end before that. How many were placed.
async fn with_power_cuts_everywhere(kit: &TestKit, address: &str, end: State) -> Result<u32> {
    kit.sync_each_commit();
    kit.restart().await?;
    fill(kit).await?;
    for cut in 0_u32.. {
        let order = order(kit, &format!("order {cut}"));
        kit.disk().cut_power_after(u64::from(cut));
        let told = order.place(lamps_to(address)).await;
        kit.advance("30d").await; // a machine without power is off for so long
        let uncut = order.progress().await.is_ok_and(|progress| progress.state == end);
        // The first start is cut short, too, and may fail for it.
        let _ = kit.crash_and_cut(None, u64::from(cut % 11)).await;
        kit.settle().await;
        kit.crash().await?;
        if told.is_err() {
            order.place(lamps_to(address)).await?; // the customer asks again
        }
        kit.advance("10m").await;
        assert_eq!(order.progress().await?.state, end, "power cut after {cut} steps");
        if uncut {
            return Ok(cut + 1);
        }
    }
    unreachable!("this loop has no end of its own")
}

#[do_runtime::test]
async fn each_steps_effect_happens_once_although_the_power_goes_at_any_point(kit: TestKit) -> Result {
    let orders = with_power_cuts_everywhere(&kit, "Rose Lane 3", State::Complete).await?;
    assert!(orders > 10, "only {orders} points were tried");
    assert_eq!(Books::read(&kit).await?, Books::after(orders));
    for number in 0..orders {
        let progress = order(&kit, &format!("order {number}")).progress().await?;
        assert_eq!(done(&progress), [Step::Reserve, Step::Charge, Step::Ship]);
        assert_eq!(progress.log.len(), 3, "nothing is noted twice");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_failed_order_is_compensated_although_the_power_goes_at_any_point(kit: TestKit) -> Result {
    let orders = with_power_cuts_everywhere(&kit, "nowhere", State::Cancelled).await?;
    assert!(orders > 10, "only {orders} points were tried");
    assert_eq!(Books::read(&kit).await?, Books::after(0));
    for number in 0..orders {
        let progress = order(&kit, &format!("order {number}")).progress().await?;
        assert_eq!(undone(&progress), [Step::Charge, Step::Reserve]);
    }
    Ok(())
}

#[do_runtime::test]
async fn a_process_that_is_killed_at_any_moment_doubles_nothing(kit: TestKit) -> Result {
    fill(&kit).await?;
    for moment in 0..60 {
        let order = order(&kit, &format!("order {moment}"));
        order.place(lamps_to("Rose Lane 3")).await?;
        for _ in 0..moment {
            tokio::task::yield_now().await;
        }
        kit.crash().await?;
    }
    kit.settle().await;
    assert_eq!(Books::read(&kit).await?, Books::after(60));
    Ok(())
}

#[do_runtime::test]
async fn a_failed_order_is_compensated_in_reverse_order(kit: TestKit) -> Result {
    fill(&kit).await?;
    let order = order(&kit, "far");
    order.place(lamps_to("nowhere")).await?;
    kit.settle().await;
    let progress = order.progress().await?;
    assert_eq!(progress.state, State::Cancelled);
    assert_eq!(done(&progress), [Step::Reserve, Step::Charge]);
    assert_eq!(undone(&progress), [Step::Charge, Step::Reserve]);
    let why = Outcome::Failed { why: "the carrier does not go there".into() };
    assert_eq!(progress.log[2].outcome, why);
    assert_eq!(Books::read(&kit).await?, Books::after(0));
    Ok(())
}

#[do_runtime::test]
async fn a_step_is_tried_again_until_its_partner_is_back(kit: TestKit) -> Result {
    fill(&kit).await?;
    carrier(&kit).set_closed(true).await?;
    let order = order(&kit, "patient");
    order.place(lamps_to("Rose Lane 3")).await?;
    kit.advance("20s").await;
    assert_eq!(order.progress().await?.state, State::Taking(Step::Ship));
    kit.crash().await?;
    carrier(&kit).set_closed(false).await?;
    kit.advance("1m").await;
    assert_eq!(order.progress().await?.state, State::Complete);
    assert_eq!(Books::read(&kit).await?, Books::after(1));
    Ok(())
}

#[do_runtime::test]
async fn a_partner_who_stays_away_has_the_order_undone_and_the_step_in_doubt_too(kit: TestKit) -> Result {
    fill(&kit).await?;
    carrier(&kit).set_closed(true).await?;
    let order = order(&kit, "hopeless");
    order.place(lamps_to("Rose Lane 3")).await?;
    kit.advance("1d").await;
    assert_eq!(order.progress().await?.state, State::Undoing(Step::Ship), "nobody knows whether it was taken");
    kit.crash().await?;
    carrier(&kit).set_closed(false).await?;
    kit.advance("1h").await;
    let progress = order.progress().await?;
    assert_eq!(progress.state, State::Cancelled);
    assert_eq!(undone(&progress), [Step::Ship, Step::Charge, Step::Reserve]);
    assert_eq!(Books::read(&kit).await?, Books::after(0));
    // What comes after all, after it was undone, is refused.
    let late = carrier(&kit).collect("hopeless", "Rose Lane 3").await;
    assert!(matches!(late, Err(CallError::User(workflow::partners::Refused::Undone))), "{late:?}");
    Ok(())
}

#[do_runtime::test]
async fn an_order_that_can_not_be_undone_is_stuck_until_a_person_resumes_it(kit: TestKit) -> Result {
    fill(&kit).await?;
    carrier(&kit).set_closed(true).await?;
    let order = order(&kit, "stuck");
    order.place(lamps_to("Rose Lane 3")).await?;
    kit.advance("5d").await;
    let progress = order.progress().await?;
    assert_eq!(progress.state, State::Stuck(Step::Ship));
    let last = progress.log.last().context("there is a log")?;
    assert_eq!(last.outcome, Outcome::NotUndone { why: "the carrier's office is closed".into() });
    carrier(&kit).set_closed(false).await?;
    order.resume().await?;
    kit.settle().await;
    assert_eq!(order.progress().await?.state, State::Cancelled);
    assert_eq!(Books::read(&kit).await?, Books::after(0));
    assert_eq!(order.resume().await.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    Ok(())
}

#[do_runtime::test]
async fn orders_at_once_get_no_more_than_there_is(kit: TestKit) -> Result {
    fill(&kit).await?;
    let placed: Vec<_> = (0..600)
        .map(|number| {
            let order = order(&kit, &format!("order {number}"));
            tokio::spawn(async move { order.place(Purchase { cents: 1, ..lamps_to("Rose Lane 3") }).await })
        })
        .collect();
    for placed in placed {
        placed.await.context("the task ended")??;
    }
    kit.settle().await;
    let mut complete = 0;
    for number in 0..600 {
        let progress = order(&kit, &format!("order {number}")).progress().await?;
        match progress.state {
            State::Complete => complete += 1,
            State::Cancelled => assert_eq!(progress.log.len(), 1, "nothing was done, so nothing is undone"),
            other => bail!("order {number} ended as {other:?}"),
        }
    }
    assert_eq!(complete, STOCK / 2);
    let books = Books { lamps: 0, cents: i64::from(MONEY - complete), parcels: i64::from(complete) };
    assert_eq!(Books::read(&kit).await?, books);
    Ok(())
}

#[do_runtime::test]
async fn progress_can_be_read_at_any_time(kit: TestKit) -> Result {
    fill(&kit).await?;
    let order = order(&kit, "watched");
    assert_eq!(order.progress().await.map_err(|error| error.kind()), Err(ErrorKind::NotFound));
    order.place(lamps_to("Rose Lane 3")).await?;
    let mut watched = order.progress().live()?;
    let mut last = watched.next().await?;
    while last.state != State::Complete {
        let now = watched.next().await?;
        assert!(now.log.starts_with(&last.log), "a log only grows");
        last = now;
    }
    let response = kit.fetch("POST", "/rpc/Order/watched/progress", "").await?;
    assert_eq!(response.body_json::<Progress>()?, last);
    Ok(())
}

#[do_runtime::test]
async fn the_same_order_may_be_placed_again_and_another_one_not(kit: TestKit) -> Result {
    fill(&kit).await?;
    let order = order(&kit, "again");
    for _ in 0..3 {
        order.place(lamps_to("Rose Lane 3")).await?;
        kit.settle().await;
    }
    assert_eq!(Books::read(&kit).await?, Books::after(1));
    let other = order.place(lamps_to("Rose Lane 4")).await;
    assert_eq!(other.map_err(|error| error.kind()), Err(ErrorKind::Conflict));
    let nothing = kit.objects().get_by_name::<Order>("none").place(Purchase { quantity: 0, ..lamps_to("here") }).await;
    assert_eq!(nothing.map_err(|error| error.kind()), Err(ErrorKind::Invalid));
    Ok(())
}
