//! `this.share(…)`: one operation for all who ask.

use std::sync::Arc;
use std::sync::Mutex;

use do_runtime::prelude::*;
use futures::future::{join, join3};
use serde::{Deserialize, Serialize};

use crate::{in_order, kind};

/// What is asked once.
#[durable_object]
struct Oracle {
    #[stored]
    asked: u64,
    #[stored]
    broken: bool,
}

/// What the metadata of a call says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Told {
    caller: String,
    chain: Vec<String>,
    deadline: Option<Timestamp>,
    key: Option<String>,
    request: String,
}

impl Told {
    fn by(meta: &Metadata) -> Result<Self> {
        Ok(Told {
            caller: meta.caller()?.to_string(),
            chain: meta.chain().iter().map(ToString::to_string).collect(),
            deadline: meta.deadline(),
            key: meta.idempotency_key().map(str::to_owned),
            request: meta.request_id().to_string(),
        })
    }
}

#[durable_object]
impl Oracle {
    /// Its number, and what the call said, after a second.
    #[rpc]
    async fn ask(this: This<Self>) -> Result<(u64, Told)> {
        let (asked, broken) = this
            .update(|me, _| {
                me.asked += 1;
                Ok((me.asked, me.broken))
            })
            .await?;
        this.sleep("1s").await?;
        ensure!(!broken, "the oracle is silent");
        Ok((asked, Told::by(this.meta())?))
    }

    #[rpc]
    fn set_broken(&mut self, broken: bool) -> Result {
        self.broken = broken;
        Ok(())
    }

    #[rpc]
    fn asked(&self) -> Result<u64> {
        Ok(self.asked)
    }
}

#[durable_object]
struct Pilgrim {
    /// The last answer.
    #[stored]
    answer: u64,
    #[stored]
    told: Option<Told>,
}

#[durable_object]
impl Pilgrim {
    #[rpc]
    async fn ask(this: This<Self>) -> Result<u64> {
        this.share("ask", Self::really_ask).await
    }

    #[rpc]
    async fn ask_for(this: This<Self>, patience: String) -> Result<Option<u64>> {
        let end = this.now()? + patience.into_duration()?;
        this.share("ask", Self::really_ask).until(end).await
    }

    async fn really_ask(this: This<Self>) -> Result<u64> {
        let (answer, told) = this.objects().get_by_name::<Oracle>("delphi").ask().await?;
        this.update(|me, _| {
            me.answer = answer;
            me.told = Some(told);
            Ok(answer)
        })
        .await
    }

    #[rpc]
    fn known(&self) -> Result<(u64, Option<Told>)> {
        Ok((self.answer, self.told.clone()))
    }

    #[rpc]
    async fn panics(this: This<Self>) -> Result {
        this.share("panic", |this| async move {
            this.sleep("1s").await?;
            panic!("it sees too much")
        })
        .await
    }

    #[rpc]
    fn stumble(&mut self) -> Result {
        panic!("it stumbles")
    }

    /// Shares what awaits nothing.
    #[rpc]
    async fn count(this: This<Self>) -> Result<u64> {
        this.share("count", |this| async move {
            this.update(|me, _| {
                me.answer += 1;
                Ok(me.answer)
            })
            .await
        })
        .await
    }

    /// Waits for itself, by the way of another one or at once.
    #[rpc]
    async fn turn_in_circles(this: This<Self>, by: Option<String>) -> Result<u64> {
        this.share("circle", |this| async move {
            match by {
                Some(other) => {
                    this.objects().get_by_name::<Pilgrim>(other).lead_back(this.name().map(str::to_owned)).await
                }
                None => this.share("circle", |_| async { Ok(1) }).await,
            }
        })
        .await
    }

    #[rpc]
    async fn lead_back(this: This<Self>, to: Option<String>) -> Result<u64> {
        let to = to.context("everybody has a name")?;
        this.objects().get_by_name::<Pilgrim>(to).turn_in_circles(None).await
    }

    #[rpc]
    async fn another_type(this: This<Self>) -> Result<String> {
        this.share("ask", |_| async { Ok(String::new()) }).await
    }

    /// Asks by an alarm, whose calls have keys.
    #[rpc]
    fn ask_soon(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().asks().after("1s")
    }

    #[alarm]
    async fn asks(this: This<Self>) -> Result {
        this.share("ask", Self::really_ask).await.map(drop)
    }
}

fn pilgrim(kit: &TestKit) -> (PilgrimStub, OracleStub) {
    (kit.objects().get_by_name::<Pilgrim>("ann"), kit.objects().get_by_name::<Oracle>("delphi"))
}

#[do_runtime::test]
async fn many_ask_and_one_asks_for_all() -> Result {
    for seed in 0..10 {
        let kit = TestKit::shuffled(seed).await?;
        let (ann, oracle) = pilgrim(&kit);
        let asking: Vec<_> = (0..50).map(|_| kit.spawn(ann.ask())).collect();
        kit.advance("1s").await;
        for asking in asking {
            assert_eq!(asking.await?, 1, "seed {seed}");
        }
        let (again, ()) = join(ann.ask(), kit.advance("1s")).await;
        assert_eq!((again?, oracle.asked().await?), (2, 2), "nothing is kept that is not kept by hand");
    }
    Ok(())
}

#[do_runtime::test]
async fn one_seed_is_one_order() -> Result {
    for seed in 0..5 {
        let mut orders = Vec::new();
        for _ in 0..3 {
            let kit = TestKit::shuffled(seed).await?;
            let (ann, _) = pilgrim(&kit);
            let order = Arc::new(Mutex::new(Vec::new()));
            for number in 0..20 {
                let (asking, order) = (ann.ask(), order.clone());
                drop(kit.spawn(async move {
                    let answer = asking.await.ok();
                    order.lock().expect("nobody panicked").push((number, answer));
                }));
            }
            kit.advance("2s").await;
            let order = order.lock().expect("nobody panicked").clone();
            assert_eq!(order.len(), 20);
            orders.push(order);
        }
        assert!(orders.iter().all(|order| *order == orders[0]), "seed {seed}: {orders:?}");
    }
    Ok(())
}

#[do_runtime::test]
async fn a_failure_is_everybodys_and_is_not_kept(kit: TestKit) -> Result {
    let (ann, oracle) = pilgrim(&kit);
    oracle.set_broken(true).await?;
    let (one, two, ()) = join3(ann.ask(), ann.ask(), kit.advance("1s")).await;
    for outcome in [one, two] {
        assert_eq!(outcome.err().map(|error| error.to_string()), Some("the oracle is silent".into()));
    }
    assert_eq!(oracle.asked().await?, 1);
    oracle.set_broken(false).await?;
    let (well, ()) = join(ann.ask(), kit.advance("1s")).await;
    assert_eq!(well?, 2);
    Ok(())
}

#[do_runtime::test]
async fn a_panic_is_everybodys_and_ends_it(kit: TestKit) -> Result {
    let (ann, _) = pilgrim(&kit);
    for _ in 0..2 {
        let (one, two, ()) = join3(ann.panics(), ann.panics(), kit.advance("1s")).await;
        assert_eq!((kind(one), kind(two)), (Some(ErrorKind::Handler), Some(ErrorKind::Handler)));
    }
    Ok(())
}

#[do_runtime::test]
async fn the_deadline_of_the_first_is_nobody_elses(kit: TestKit) -> Result {
    let (ann, oracle) = pilgrim(&kit);
    let gone = in_order(&kit, [ann.ask().deadline("300ms")]).await.remove(0);
    let stays = in_order(&kit, [ann.ask()]).await.remove(0);
    kit.advance("1s").await;
    assert_eq!(kind(gone.await), Some(ErrorKind::Deadline));
    assert_eq!((stays.await?, oracle.asked().await?), (1, 1));
    Ok(())
}

#[do_runtime::test]
async fn it_goes_on_when_nobody_waits_any_more(kit: TestKit) -> Result {
    let (ann, oracle) = pilgrim(&kit);
    let (gone, none, ()) = join3(ann.ask().deadline("300ms"), ann.ask_for("500ms"), kit.advance("700ms")).await;
    assert_eq!((kind(gone), none?), (Some(ErrorKind::Deadline), None));
    kit.advance("1s").await;
    assert_eq!((ann.known().await?.0, oracle.asked().await?), (1, 1));
    Ok(())
}

/// It is the object's, and not its instance's.
#[do_runtime::test]
async fn an_instance_that_begins_afresh_begins_no_second_one(kit: TestKit) -> Result {
    let (ann, oracle) = pilgrim(&kit);
    let first = in_order(&kit, [ann.ask()]).await.remove(0);
    kit.evict_all().await?;
    let second = in_order(&kit, [ann.ask()]).await.remove(0);
    assert!(ann.stumble().await.is_err());
    let third = in_order(&kit, [ann.ask()]).await.remove(0);
    kit.advance("1s").await;
    assert_eq!((first.await?, second.await?, third.await?, oracle.asked().await?), (1, 1, 1, 1));
    Ok(())
}

#[do_runtime::test]
async fn a_crash_ends_it_and_all_who_wait(kit: TestKit) -> Result {
    let (ann, oracle) = pilgrim(&kit);
    let asking = in_order(&kit, [ann.ask(), ann.ask()]).await;
    kit.crash().await?;
    for asking in asking {
        assert_eq!(kind(asking.await), Some(ErrorKind::Unavailable));
    }
    let (well, ()) = join(ann.ask(), kit.advance("1s")).await;
    assert_eq!((well?, oracle.asked().await?), (2, 2));
    Ok(())
}

#[do_runtime::test]
async fn it_keeps_its_object_awake(kit: TestKit) -> Result {
    kit.configure(|builder| builder.idle("100ms"));
    kit.restart().await?;
    let (ann, _) = pilgrim(&kit);
    let (gone, ()) = join(ann.ask().deadline("1ms"), kit.advance("900ms")).await;
    assert!(gone.is_err());
    assert!(kit.awake().contains(&ann.id()));
    kit.advance("5s").await;
    assert_eq!(kit.awake(), []);
    Ok(())
}

#[do_runtime::test]
async fn what_awaits_nothing_is_shared_too(kit: TestKit) -> Result {
    let (ann, _) = pilgrim(&kit);
    assert_eq!((ann.count().await?, ann.count().await?), (1, 2));
    Ok(())
}

#[do_runtime::test]
async fn its_calls_come_from_the_object_in_the_handler_that_began_it(kit: TestKit) -> Result {
    let (ann, _) = pilgrim(&kit);
    let (asked, ()) = join(ann.ask().caller("zoe").deadline("1h").idempotency_key("k"), kit.advance("1s")).await;
    asked?;
    let told = ann.known().await?.1.context("it asked")?;
    let me = format!("Pilgrim \"ann\" ({})", ann.id());
    assert!(me.contains(&told.caller) || told.caller.contains("ann"), "{told:?}");
    assert_eq!(told.chain.len(), 2, "{told:?}");
    assert!(told.chain[0].ends_with(" ask") && told.chain[1].ends_with(" this.share"), "{told:?}");
    assert_eq!((told.deadline, told.key), (None, None));
    Ok(())
}

/// The calls of an alarm have keys that are made of it. Those of what others share with it have not.
#[do_runtime::test]
async fn an_alarm_can_share_as_well(kit: TestKit) -> Result {
    let (ann, oracle) = pilgrim(&kit);
    ann.ask_soon().await?;
    kit.advance("1s").await;
    let (asked, ()) = join(ann.ask(), kit.advance("2s")).await;
    assert_eq!((asked?, oracle.asked().await?), (1, 1));
    assert_eq!(ann.known().await?.1.context("it asked")?.key, None);
    assert!(kit.pending_alarms(&ann).await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn one_that_would_wait_for_itself_says_so(kit: TestKit) -> Result {
    let (ann, _) = pilgrim(&kit);
    for by in [None, Some("ben".to_owned())] {
        let error = ann.turn_in_circles(by).await.err().context("it can't end")?;
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains("would wait for itself"), "{error}");
    }
    Ok(())
}

#[do_runtime::test]
async fn one_key_is_one_type(kit: TestKit) -> Result {
    let (ann, _) = pilgrim(&kit);
    let asking = in_order(&kit, [ann.ask()]).await.remove(0);
    assert_eq!(kind(ann.another_type().await), Some(ErrorKind::Invalid));
    kit.advance("1s").await;
    assert_eq!((asking.await?, ann.another_type().await?), (1, String::new()));
    Ok(())
}
