//! A clock that jumps back.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[table(ttl = "1m")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Guest {
    #[key]
    name: String,
}

#[durable_object(tables(Guest))]
struct Hotel {
    #[stored]
    rung: Vec<String>,
}

#[durable_object]
impl Hotel {
    #[rpc]
    fn wake_at(&mut self, cx: &mut Cx<Self>, name: String, after: u64) -> Result {
        cx.schedule().ring(name.clone()).key(&name).after(secs(after))
    }

    #[alarm]
    fn ring(&mut self, name: String) -> Result {
        self.rung.push(name);
        Ok(())
    }

    #[rpc]
    fn check_in(&mut self, cx: &mut Cx<Self>, name: &str) -> Result {
        cx.insert(Guest::new(name)).map(drop)
    }

    #[rpc]
    fn look(&self, cx: &Cx<Self>) -> Result<(Vec<String>, i64)> {
        Ok((self.rung.clone(), cx.count::<Guest>()?))
    }

    #[rpc]
    fn draw(&mut self, cx: &mut Cx<Self>) -> Result<Uuid> {
        Ok(cx.uuid())
    }
}

#[do_runtime::test]
async fn alarms_and_expiry_run_once_and_not_early_whatever_the_clock_does(kit: TestKit) -> Result {
    let hotel = kit.objects().get_by_name::<Hotel>("grand");
    let begun = kit.now();
    hotel.wake_at("first".to_owned(), 10).await?;
    hotel.wake_at("second".to_owned(), 50).await?;
    hotel.check_in("ann").await?;
    kit.advance("20s").await;
    assert_eq!(hotel.look().await?, (vec!["first".to_owned()], 1));

    // Back by an hour, with a crash in it: what ran does not run again when its time comes again, the rest not before its time.
    kit.set_time(begun - hours(1)).await;
    kit.crash().await?;
    kit.set_time(begun + secs(49)).await;
    assert_eq!(hotel.look().await?, (vec!["first".to_owned()], 1));
    kit.set_time(begun + secs(50)).await;
    let both = vec!["first".to_owned(), "second".to_owned()];
    assert_eq!(hotel.look().await?, (both.clone(), 1));
    kit.set_time(begun + secs(61)).await;
    assert_eq!(hotel.look().await?, (both.clone(), 0));

    // And once cleaned up, it stays gone.
    kit.advance("2h").await;
    kit.set_time(begun).await;
    kit.advance("3h").await;
    assert_eq!(hotel.look().await?, (both, 0));
    Ok(())
}

#[do_runtime::test]
async fn ids_and_log_positions_do_not_depend_on_the_clock(kit: TestKit) -> Result {
    let objects = kit.objects().clone();
    let hotels = objects.namespace::<Hotel>();
    let (mut ids, mut position) = (std::collections::BTreeSet::new(), objects.journal_bytes()?);
    for round in 0..20 {
        kit.set_time(kit.now() - hours(1)).await;
        if round % 5 == 4 {
            kit.crash().await?;
        }
        let id = hotels.new_unique_id();
        assert!(ids.insert(id.to_string()), "an id came twice");
        let hotel = objects.get::<Hotel>(id);
        hotel.check_in("ann").await?;
        assert!(ids.insert(hotel.draw().await?.to_string()), "a random id came twice");
        let now = objects.journal_bytes()?;
        assert!(now > position, "the log went back from {position} to {now}");
        position = now;
    }
    kit.crash().await?;
    assert_eq!(kit.list::<Hotel>().await?.len(), 20);
    Ok(())
}
