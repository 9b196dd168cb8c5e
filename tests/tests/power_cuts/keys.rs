//! Calls under idempotency keys: sent again after the cut, they give the reply that was given before, and run nothing twice.

use do_runtime::prelude::*;
use do_runtime::testing::TestKit;
use futures::future::join;

use crate::life::{Life, cut_everywhere};

#[durable_object]
struct Till {
    #[stored]
    log: Vec<String>,
}

#[durable_object]
impl Till {
    #[rpc]
    fn pay(&mut self, what: String) -> Result<u32> {
        self.note(what)
    }

    #[rpc]
    fn refuse(&mut self, what: String) -> Result<u32> {
        self.note(what)?;
        bail!("never")
    }

    #[rpc]
    async fn pay_slowly(this: This<Self>, what: String) -> Result<u32> {
        pay_slowly(this, what).await
    }

    #[rpc(idempotent)]
    async fn pay_again(this: This<Self>, what: String) -> Result<u32> {
        pay_slowly(this, what).await
    }

    #[rpc]
    fn log(&self) -> Result<Vec<String>> {
        Ok(self.log.clone())
    }

    fn note(&mut self, what: String) -> Result<u32> {
        self.log.push(what);
        Ok(self.log.len() as u32)
    }
}

/// In two steps, two seconds apart.
async fn pay_slowly(this: This<Till>, what: String) -> Result<u32> {
    let begins = format!("{what} begins");
    this.update(move |me, _| me.note(begins)).await?;
    this.sleep(secs(2)).await?;
    this.update(move |me, _| me.note(format!("{what} ends"))).await
}

fn till(kit: &TestKit) -> TillStub {
    kit.objects().get_by_name::<Till>("a")
}

/// What each call was answered.
struct Told {
    paid: [Option<u32>; 3],
    slowly: Option<u32>,
    again: Option<u32>,
}

struct Keys;

const KEYS: [&str; 3] = ["a", "b", "c"];

async fn send(kit: &TestKit) -> (Told, [Result<u32>; 2]) {
    let mut paid = [None; 3];
    for (key, paid) in KEYS.into_iter().zip(&mut paid) {
        *paid = till(kit).pay(key).idempotency_key(key).await.ok();
    }
    assert!(till(kit).refuse("refused").idempotency_key("d").await.is_err(), "it always refuses");
    let calls =
        join(till(kit).pay_slowly("slow").idempotency_key("e"), till(kit).pay_again("again").idempotency_key("f"));
    let ((slowly, again), ()) = join(calls, async {
        kit.advance("1s").await;
        // It fails if the power has gone.
        let _ = kit.checkpoint().await;
        kit.advance("5s").await;
    })
    .await;
    (Told { paid, slowly: slowly.as_ref().ok().copied(), again: again.as_ref().ok().copied() }, [slowly, again])
}

fn count(log: &[String], what: &str) -> usize {
    log.iter().filter(|line| *line == what).count()
}

impl Life for Keys {
    type Told = Told;

    async fn live(kit: &TestKit) -> Told {
        let (told, _) = send(kit).await;
        let _ = kit.checkpoint().await;
        told
    }

    async fn at_once(kit: &TestKit, told: &Told) -> Result {
        let before = till(kit).log().await?;
        for what in ["slow ends", "again ends"] {
            ensure!(count(&before, what) <= 1, "{before:?}");
        }
        let (repeated, [slowly, again]) = send(kit).await;
        for (before, now) in told.paid.into_iter().zip(repeated.paid) {
            ensure!(now.is_some() && (before.is_none() || before == now), "{:?}, then {:?}", told.paid, repeated.paid);
        }
        ensure!(again.is_ok(), "an idempotent one goes on: {again:?}");
        ensure!(told.again.is_none() || told.again == repeated.again, "{:?}, then {again:?}", told.again);
        match (told.slowly, &slowly) {
            (Some(before), Ok(now)) if before == *now => {}
            (None, Ok(_)) => {}
            (None, Err(error)) if error.kind() == ErrorKind::Interrupted => {}
            (before, now) => bail!("answered {before:?}, then {now:?}"),
        }
        let log = till(kit).log().await?;
        for key in KEYS {
            ensure!(count(&log, key) == 1, "{key} was applied not once: {log:?}");
        }
        ensure!(count(&log, "refused") == 0, "{log:?}");
        let (begins, ends) = (count(&log, "slow begins"), count(&log, "slow ends"));
        ensure!(begins <= 1 && ends <= begins && (slowly.is_err() || ends == 1), "{slowly:?}: {log:?}");
        if told.again.is_some() {
            ensure!(count(&log, "again ends") == 1, "it ran again: {log:?}");
        }
        ensure!(count(&log, "again ends") >= 1, "it did not run: {log:?}");
        // Whatever was answered now stays.
        let (third, [third_slowly, _]) = send(kit).await;
        ensure!(third.paid == repeated.paid && third.again == repeated.again, "another answer: {:?}", third.paid);
        ensure!(third_slowly == slowly, "{slowly:?}, then {third_slowly:?}");
        ensure!(till(kit).log().await? == log, "something ran again");
        Ok(())
    }

    async fn at_rest(kit: &TestKit, _: &Told) -> Result {
        kit.advance("26h").await;
        let replies = kit
            .inside(&till(kit), |_, cx| cx.sql_unchecked::<i64>("SELECT count(*) FROM __do_replies", ()).one())
            .await?;
        ensure!(replies == 0, "{replies} replies are kept for ever");
        Ok(())
    }
}

/// Nothing but synchronous calls: few steps, so that the short form comes between effects and replies.
struct Payments;

impl Life for Payments {
    type Told = [Option<u32>; 3];

    async fn live(kit: &TestKit) -> Self::Told {
        let mut told = [None; 3];
        for (key, paid) in KEYS.into_iter().zip(&mut told) {
            *paid = till(kit).pay(key).idempotency_key(key).await.ok();
        }
        told
    }

    async fn at_rest(kit: &TestKit, told: &Self::Told) -> Result {
        for _ in 0..2 {
            for (place, key) in KEYS.into_iter().enumerate() {
                let paid = till(kit).pay(key).idempotency_key(key).await?;
                ensure!(told[place].is_none_or(|told| told == paid), "{key}: {told:?}, then {paid}");
                ensure!(paid as usize == place + 1, "{key} was applied not once: {paid}");
            }
        }
        ensure!(till(kit).log().await? == KEYS, "{:?}", till(kit).log().await?);
        Ok(())
    }
}

#[test]
fn a_power_cut_between_an_effect_and_its_reply_is_none() {
    cut_everywhere::<Payments>(4);
}

#[test]
fn a_power_cut_in_a_call_under_a_key_neither_loses_nor_doubles_it() {
    cut_everywhere::<Keys>(20);
}
