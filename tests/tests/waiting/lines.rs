//! `this.first_in_line(…)`: one at a time, in order.

use do_runtime::prelude::*;

use crate::{in_order, kind};

/// A bridge that one at a time may cross.
#[durable_object]
struct Bridge {
    #[stored]
    crossed: Vec<u32>,
    #[stored]
    on_it: u32,
    #[stored]
    most: u32,
    #[ephemeral]
    looks: u32,
    #[stored]
    tickets: u32,
}

#[durable_object]
impl Bridge {
    #[rpc]
    async fn cross(this: This<Self>, who: u32) -> Result {
        let _first = this.first_in_line("north").await?;
        this.update(|me, _| {
            me.on_it += 1;
            me.most = me.most.max(me.on_it);
            Ok(())
        })
        .await?;
        this.sleep("1s").await?;
        this.update(|me, _| {
            me.on_it -= 1;
            me.crossed.push(who);
            Ok(())
        })
        .await
    }

    #[rpc]
    async fn cross_soon(this: This<Self>, line: String, patience: String) -> Result<bool> {
        let end = this.now()? + patience.into_duration()?;
        let first = this.first_in_line(line).until(end).await?;
        if first.is_some() {
            this.sleep("1s").await?;
        }
        Ok(first.is_some())
    }

    /// Gets to the front, and does not come back.
    #[rpc]
    async fn fall(this: This<Self>, panics: bool) -> Result {
        let _first = this.first_in_line("north").await?;
        this.sleep("1s").await?;
        ensure!(panics, "it falls");
        panic!("it falls deeply")
    }

    #[rpc]
    fn crossed(&self) -> Result<(Vec<u32>, u32)> {
        Ok((self.crossed.clone(), self.most))
    }

    #[rpc]
    fn sell(&mut self) -> Result<u32> {
        self.tickets += 1;
        Ok(std::mem::take(&mut self.looks))
    }

    /// One looks, the others stand behind it.
    #[rpc]
    async fn buy(this: This<Self>) -> Result<u32> {
        let _first = this.first_in_line("tickets").await?;
        this.wait_for(|me, _| {
            me.looks += 1;
            let left = me.tickets.checked_sub(1);
            me.tickets = left.unwrap_or(0);
            Ok(left)
        })
        .await
    }
}

fn bridge(kit: &TestKit) -> BridgeStub {
    kit.objects().get_by_name::<Bridge>("old")
}

#[do_runtime::test]
async fn one_at_a_time_in_order() -> Result {
    for seed in 0..10 {
        let kit = TestKit::shuffled(seed).await?;
        let crossing = in_order(&kit, (0..5).map(|who| bridge(&kit).cross(who))).await;
        kit.evict_all().await?; // the line is not the instance's
        kit.advance("5s").await;
        for crossing in crossing {
            crossing.await?;
        }
        assert_eq!(bridge(&kit).crossed().await?, (vec![0, 1, 2, 3, 4], 1), "seed {seed}");
    }
    Ok(())
}

#[do_runtime::test]
async fn whoever_was_first_makes_room_however_it_ends(kit: TestKit) -> Result {
    let bridge = bridge(&kit);
    let falling = in_order(&kit, [false, true].map(|panics| bridge.fall(panics))).await;
    let crossing = in_order(&kit, [bridge.cross(7)]).await.remove(0);
    kit.advance("3s").await;
    for falling in falling {
        assert!(falling.await.is_err());
    }
    crossing.await
}

#[do_runtime::test]
async fn who_loses_patience_or_reaches_the_deadline_leaves_the_line(kit: TestKit) -> Result {
    let bridge = bridge(&kit);
    let first = in_order(&kit, [bridge.cross(1)]).await.remove(0);
    let impatient = in_order(&kit, ["0s", "500ms"].map(|patience| bridge.cross_soon("north", patience))).await;
    let gone = in_order(&kit, [bridge.cross(2).deadline("500ms")]).await.remove(0);
    let last = in_order(&kit, [bridge.cross(3)]).await.remove(0);
    kit.advance("2s").await;
    for impatient in impatient {
        assert!(!impatient.await?);
    }
    assert_eq!(kind(gone.await), Some(ErrorKind::Deadline));
    first.await?;
    last.await?;
    assert_eq!(bridge.crossed().await?.0, [1, 3]);
    let (free, ()) = futures::future::join(bridge.cross_soon("north", "0s"), kit.advance("1s")).await;
    assert!(free?);
    Ok(())
}

#[do_runtime::test]
async fn other_lines_and_other_objects_have_nothing_to_do_with_it(kit: TestKit) -> Result {
    let other = kit.objects().get_by_name::<Bridge>("new");
    let crossing = [
        bridge(&kit).cross_soon("north", "0s"),
        bridge(&kit).cross_soon("south", "0s"),
        other.cross_soon("north", "0s"),
    ];
    let crossing = in_order(&kit, crossing).await;
    kit.advance("1s").await;
    for crossing in crossing {
        assert!(crossing.await?);
    }
    Ok(())
}

/// As callers of a lock do: were each one to look at each change, it would be a hundred looks for each ticket.
#[do_runtime::test]
async fn in_a_line_one_looks_for_all() -> Result {
    let kit = TestKit::open(1).await?;
    let bridge = bridge(&kit);
    let buying = in_order(&kit, (0..100).map(|_| bridge.buy())).await;
    let mut looks = 0;
    for _ in 0..100 {
        looks += bridge.sell().await?;
        kit.settle().await;
    }
    for buying in buying {
        buying.await?;
    }
    assert!(looks <= 3 * 100, "{looks} looks");
    Ok(())
}
