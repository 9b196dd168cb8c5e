//! What an object holds that erases all and keeps something in the same transaction.

use do_runtime::prelude::*;

#[table]
struct Leaf {
    #[key]
    id: Id<Leaf>,
    text: String,
}

#[durable_object(tables(Leaf))]
struct Shelf {
    #[stored]
    turned: u32,
}

#[durable_object]
impl Shelf {
    #[rpc]
    fn keep(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        match what {
            "a row" => cx.insert(Leaf::new("green")).map(drop),
            "a value" => cx.kv_mut().put("leaf", &"green"),
            "an alarm" => cx.schedule().turn().after("10h"),
            _ => Ok(()),
        }
    }

    #[rpc]
    fn erase_and_keep(&mut self, cx: &mut Cx<Self>, what: &str) -> Result {
        cx.delete_all()?;
        self.keep(cx, what)
    }

    #[rpc]
    fn kept(&self, cx: &Cx<Self>) -> Result<Vec<String>> {
        let rows: u32 = sql!(cx, u32, "SELECT count(*) FROM leaf", allow(scan, "a test")).one()?;
        let value: Option<String> = cx.kv().get("leaf")?;
        let there = [("a row", rows > 0), ("a value", value.is_some()), ("an alarm", cx.alarms().next()?.is_some())];
        Ok(there.into_iter().filter(|(_, is_there)| *is_there).map(|(what, _)| what.to_owned()).collect())
    }

    #[alarm]
    fn turn(&mut self) -> Result {
        self.turned += 1;
        Ok(())
    }
}

#[do_runtime::test]
async fn an_object_that_erases_all_and_keeps_one_thing_has_that_and_nothing_else(kit: TestKit) -> Result {
    let shelves = kit.objects().namespace::<Shelf>();
    for what in ["a row", "a value", "an alarm"] {
        let shelf = shelves.get_by_name(what);
        for before in ["a row", "a value", "an alarm"] {
            shelf.keep(before).await?;
        }
        shelf.erase_and_keep(what).await?;
        assert_eq!(shelf.kept().await?, [what]);
        assert!(shelves.exists(shelf.id()).await?, "{what}");
        kit.crash().await?;
        assert_eq!(shelf.kept().await?, [what]);
        assert!(shelves.exists(shelf.id()).await?, "{what}");
        shelf.erase_and_keep("nothing").await?;
        assert!(!shelves.exists(shelf.id()).await?, "it kept {what}");
    }
    Ok(())
}
