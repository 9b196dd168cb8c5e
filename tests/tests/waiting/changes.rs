//! `this.wait_for(…)`: what is a change, who looks when, and what is left of a look.

use do_runtime::prelude::*;

use crate::{in_order, kind};

#[table]
#[derive(Debug, Clone, PartialEq)]
struct Tried {
    #[key]
    who: String,
}

/// Items that callers wait for.
#[durable_object(tables(Tried))]
struct Shop {
    #[stored]
    items: Vec<String>,
    /// Not undone, and lost with the instance.
    #[ephemeral]
    looks: u64,
    #[ephemeral(default = true)]
    open: bool,
}

#[durable_object]
impl Shop {
    #[rpc]
    fn put(&mut self, item: String) -> Result {
        self.items.push(item);
        Ok(())
    }

    #[rpc]
    fn put_later(&mut self, cx: &mut Cx<Self>, item: String, after: String) -> Result {
        cx.schedule().deliver(item).after(after)
    }

    #[alarm]
    fn deliver(&mut self, item: String) -> Result {
        self.put(item)
    }

    #[rpc]
    fn items(&self) -> Result<Vec<String>> {
        Ok(self.items.clone())
    }

    /// How often somebody looked since it was asked last.
    #[rpc]
    fn looks(&mut self) -> Result<u64> {
        Ok(std::mem::take(&mut self.looks))
    }

    #[rpc]
    fn set_open(&mut self, open: bool) -> Result {
        self.open = open;
        Ok(())
    }

    #[rpc]
    fn set_open_and_fail(&mut self, open: bool) -> Result {
        self.open = open;
        bail!("but then it fails")
    }

    #[rpc]
    fn stumble(&mut self) -> Result {
        panic!("it stumbles")
    }

    /// The first item.
    #[rpc]
    async fn take(this: This<Self>) -> Result<String> {
        this.wait_for(|me, _| {
            me.looks += 1;
            Ok(if me.items.is_empty() { None } else { Some(me.items.remove(0)) })
        })
        .await
    }

    #[rpc]
    async fn take_within(this: This<Self>, patience: String) -> Result<Option<String>> {
        let end = this.now()? + patience.into_duration()?;
        this.wait_for(|me, _| {
            me.looks += 1;
            Ok(me.items.pop())
        })
        .until(end)
        .await
    }

    /// An item of a certain name.
    #[rpc]
    async fn find(this: This<Self>, item: String) -> Result<String> {
        this.wait_for(|me, _| Ok(me.items.iter().position(|other| *other == item).map(|place| me.items.remove(place))))
            .await
    }

    /// Writes and then says that it has to wait, until there is an item.
    #[rpc]
    async fn try_hard(this: This<Self>, who: String) -> Result {
        this.wait_for(|me, cx| {
            cx.insert(Tried { who: who.clone() })?;
            let any = !me.items.is_empty();
            me.items.push("a trace".into());
            Ok(any.then_some(()))
        })
        .await
    }

    #[rpc]
    fn tried(&self, cx: &Cx<Self>) -> Result<i64> {
        cx.count::<Tried>()
    }

    /// Fails, or panics, at the first item that it sees.
    #[rpc]
    async fn refuse(this: This<Self>, panics: bool) -> Result {
        this.wait_for(|me, _| match me.items.pop() {
            None => Ok(None),
            Some(item) if panics => panic!("nobody wants {item}"),
            Some(item) => bail!("nobody wants {item}"),
        })
        .await
    }

    #[rpc]
    async fn until_open(this: This<Self>) -> Result {
        this.wait_for(|me, _| Ok(me.open.then_some(()))).await
    }

    #[rpc]
    async fn until_noon(this: This<Self>, noon: Timestamp) -> Result {
        this.wait_for(|_, cx| Ok((cx.now() >= noon).then_some(()))).await
    }

    /// Leaves if nothing comes, and the others have it.
    #[rpc]
    async fn take_or_leave(this: This<Self>, patience: String) -> Result<Option<String>> {
        tokio::select! {
            biased;
            item = this.wait_for(|me, _| Ok(me.items.pop())) => item.map(Some),
            over = this.sleep(patience) => over.map(|()| None),
        }
    }
}

fn shop(kit: &TestKit) -> ShopStub {
    kit.objects().get_by_name::<Shop>("corner")
}

#[do_runtime::test]
async fn a_handler_waits_until_another_one_has_changed_something(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let taken = kit.spawn(shop.take());
    kit.settle().await;
    assert_eq!(kit.list::<Shop>().await?, [], "a look in vain is no write");
    shop.put("bread").await?;
    assert_eq!(taken.await?, "bread");
    kit.crash().await?;
    assert_eq!(shop.items().await?, [""; 0], "what it took is gone for good");
    Ok(())
}

#[do_runtime::test]
async fn what_is_there_already_is_had_at_once(kit: TestKit) -> Result {
    let shop = shop(&kit);
    shop.put("bread").await?;
    assert_eq!(shop.take().await?, "bread");
    assert_eq!(shop.looks().await?, 1);
    Ok(())
}

#[do_runtime::test]
async fn who_came_first_goes_first() -> Result {
    let items = ["1", "2", "3", "4", "5"];
    for seed in 0..20 {
        let kit = TestKit::shuffled(seed).await?;
        let shop = shop(&kit);
        let waiting = in_order(&kit, items.map(|_| shop.take())).await;
        for item in items {
            shop.put(item).await?;
        }
        for (waiting, item) in waiting.into_iter().zip(items) {
            assert_eq!(waiting.await?, item, "seed {seed}");
        }
    }
    Ok(())
}

/// One who asks in the same moment looks after those who were there before.
#[do_runtime::test]
async fn a_newcomer_does_not_overtake() -> Result {
    for seed in 0..20 {
        let kit = TestKit::shuffled(seed).await?;
        let shop = shop(&kit);
        let waiting = in_order(&kit, [shop.take()]).await.remove(0);
        let (put, newcomer) = futures::future::join(shop.put("bread"), kit.spawn(shop.take_within("0s"))).await;
        put?;
        assert_eq!(newcomer?, None, "seed {seed}");
        assert_eq!(waiting.await?, "bread", "seed {seed}");
    }
    Ok(())
}

#[do_runtime::test]
async fn who_can_go_is_not_kept_by_who_can_not(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let waiting = in_order(&kit, ["milk", "bread", "salt"].map(|item| shop.find(item))).await;
    for item in ["salt", "bread", "milk"] {
        shop.put(item).await?;
    }
    for (waiting, item) in waiting.into_iter().zip(["milk", "bread", "salt"]) {
        assert_eq!(waiting.await?, item);
    }
    Ok(())
}

#[do_runtime::test]
async fn a_look_in_vain_leaves_nothing_but_what_is_ephemeral(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let trying = kit.spawn(shop.try_hard("ann"));
    kit.settle().await;
    assert_eq!((shop.tried().await?, shop.items().await?.len()), (0, 0));
    shop.put("bread").await?;
    trying.await?;
    assert_eq!((shop.tried().await?, shop.items().await?), (1, vec!["bread".to_owned(), "a trace".to_owned()]));
    Ok(())
}

#[do_runtime::test]
async fn an_error_or_a_panic_ends_its_own_wait_and_no_other(kit: TestKit) -> Result {
    let shop = shop(&kit);
    for (panics, expected) in [(false, ErrorKind::Invalid), (true, ErrorKind::Handler)] {
        let refusing = in_order(&kit, [shop.refuse(panics)]).await.remove(0);
        let waiting = in_order(&kit, [shop.take()]).await.remove(0);
        shop.put("bread").await?;
        assert_eq!(kind(refusing.await), Some(expected));
        assert_eq!(waiting.await?, "bread", "the refusal was undone");
    }
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_is_a_change(kit: TestKit) -> Result {
    let shop = shop(&kit);
    shop.put_later("bread", "1h").await?;
    let (taken, ()) = futures::future::join(shop.take(), kit.advance("1h")).await;
    assert_eq!(taken?, "bread");
    Ok(())
}

#[do_runtime::test]
async fn time_that_passes_is_no_change(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let mut noon = Box::pin(kit.spawn(shop.until_noon(kit.now() + hours(1))));
    kit.advance("2h").await;
    assert!(futures::poll!(&mut noon).is_pending());
    shop.put("bread").await?;
    noon.await
}

#[do_runtime::test]
async fn what_a_handler_changed_that_failed_then_is_a_change_if_it_is_ephemeral(kit: TestKit) -> Result {
    let shop = shop(&kit);
    shop.set_open(false).await?;
    let waiting = kit.spawn(shop.until_open());
    kit.settle().await;
    assert!(shop.set_open_and_fail(true).await.is_err());
    waiting.await
}

#[do_runtime::test]
async fn an_instance_that_begins_afresh_is_a_change(kit: TestKit) -> Result {
    let shop = shop(&kit);
    for panics in [true, false] {
        shop.set_open(false).await?;
        let waiting = kit.spawn(shop.until_open());
        kit.settle().await;
        match panics {
            true => assert_eq!(kind(shop.stumble().await), Some(ErrorKind::Handler)),
            false => kit.evict_all().await?,
        }
        waiting.await?;
    }
    Ok(())
}

#[do_runtime::test]
async fn nobody_loses_the_place_when_the_object_is_put_to_sleep(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let waiting = in_order(&kit, [1, 2, 3].map(|_| shop.take())).await;
    for (item, waiting) in ["1", "2", "3"].into_iter().zip(waiting) {
        kit.evict_all().await?;
        shop.put(item).await?;
        assert_eq!(waiting.await?, item);
    }
    Ok(())
}

#[do_runtime::test]
async fn waiting_ends_with_the_process(kit: TestKit) -> Result {
    let shop = shop(&kit);
    for crash in [true, false] {
        let waiting = kit.spawn(shop.take());
        kit.settle().await;
        match crash {
            true => kit.crash().await?,
            false => kit.restart().await?,
        }
        shop.put("bread").await?;
        assert_eq!(kind(waiting.await), Some(ErrorKind::Unavailable));
        assert_eq!(shop.take().await?, "bread");
    }
    Ok(())
}

#[do_runtime::test]
async fn nobody_takes_anything_beyond_the_deadline(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let gone = kit.spawn(shop.take().deadline("5s"));
    let waiting = in_order(&kit, [shop.take_within("1h")]).await.remove(0);
    kit.advance("5s").await;
    assert_eq!(kind(gone.await), Some(ErrorKind::Deadline));
    shop.put("bread").await?;
    assert_eq!(waiting.await?.as_deref(), Some("bread"));
    Ok(())
}

#[do_runtime::test]
async fn patience_ends_after_one_look_at_least(kit: TestKit) -> Result {
    let shop = shop(&kit);
    assert_eq!((shop.take_within("0s").await?, shop.looks().await?), (None, 1));
    shop.put("bread").await?;
    assert_eq!(shop.take_within("0s").await?.as_deref(), Some("bread"));
    let (none, ()) = futures::future::join(shop.take_within("5s"), kit.advance("1m")).await;
    assert_eq!(none?, None);
    shop.put("milk").await?;
    assert_eq!(shop.items().await?, ["milk"], "nobody is there any more");
    Ok(())
}

#[do_runtime::test]
async fn who_leaves_leaves_the_place_too(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let waiting = in_order(&kit, ["5s", "1h"].map(|patience| shop.take_or_leave(patience))).await;
    kit.advance("10s").await;
    shop.put("bread").await?;
    let mut came = Vec::new();
    for waiting in waiting {
        came.push(waiting.await?);
    }
    assert_eq!(came, [None, Some("bread".to_owned())]);
    Ok(())
}

#[do_runtime::test]
async fn a_change_costs_one_look_for_each_who_waits(kit: TestKit) -> Result {
    let shop = shop(&kit);
    let waiting = in_order(&kit, (0..10).map(|_| shop.take())).await;
    shop.looks().await?;
    kit.settle().await;
    assert_eq!(shop.looks().await?, 10, "that it was asked was a change");
    kit.settle().await;
    shop.items().await?;
    assert_eq!(shop.looks().await?, 10, "reading is none");
    drop(waiting);
    Ok(())
}
