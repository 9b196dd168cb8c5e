//! Statements as people write them: what they give, run over rows.

use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What a line is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Extras {
    tags: Vec<String>,
}

/// The name is a keyword of SQL.
#[table(index = (group, at desc), search = (title, body))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    #[key]
    id: Id<Order>,
    group: String,
    title: String,
    body: String,
    size: i64,
    price: Option<f64>,
    extras: Json<Extras>,
    #[default(now)]
    at: Timestamp,
}

/// The plural of a keyword.
#[table(name = "indexes", unique = (label, owner))]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Index {
    #[key]
    name: String,
    label: String,
    owner: Option<i64>,
    hits: i64,
}

/// Group, sum of sizes, average of prices, titles.
type Sum = (String, i64, Option<f64>, String);

/// Id, place from the end, sum with the size before, size before.
type Running = (i64, i64, i64, Option<i64>);

#[durable_object(tables(Order, Index))]
struct Shop;

#[durable_object]
impl Shop {
    #[init]
    fn open(&mut self, cx: &mut Cx<Self>) -> Result {
        for (group, title, size, price, tags) in [
            ("a", "one fish", 1, Some(1.5), vec!["x", "y"]),
            ("a", "two fish", 2, None, vec![]),
            ("b", "red fish", 3, Some(2.5), vec!["x"]),
        ] {
            let extras = Json(Extras { tags: tags.into_iter().map(str::to_owned).collect() });
            cx.insert(Order::new(group, title, format!("{title} swims"), size, price, extras))?;
        }
        Ok(())
    }

    #[rpc]
    fn touch(&mut self, cx: &mut Cx<Self>) -> Result<(Timestamp, Timestamp)> {
        let before = cx.now();
        sql!(cx, "UPDATE \"order\" SET at = :at WHERE id = 1", at = cx.now() + hours(1)).run()?;
        let at = cx.now();
        sql!(cx, "UPDATE [order] SET at = :at WHERE id = 2").run()?;
        let times = sql!(cx, Timestamp, "SELECT at FROM `order` WHERE id IN (1, 2) ORDER BY id").all()?;
        ensure!(times == [before + hours(1), at], "{times:?}");
        Ok((times[0], times[1]))
    }

    #[rpc]
    fn clock(&self, cx: &Cx<Self>) -> Result<(i64, String, Timestamp)> {
        let (seconds, day) = sql!(cx, (i64, String), "SELECT unixepoch(), date('now')").one()?;
        Ok((seconds, day, cx.now()))
    }

    #[rpc]
    fn casts(&self, cx: &Cx<Self>) -> Result<(String, i64, Option<String>, String)> {
        sql!(
            cx,
            (String, i64, Option<String>, String),
            "SELECT CAST(size AS TEXT), CAST('12' AS INTEGER), CAST(price AS TEXT), printf('%s', '')
             FROM \"order\" WHERE id = 2;"
        )
        .one()
    }

    #[rpc]
    fn by_reference(&self, cx: &Cx<Self>, title: Option<String>, size: i64) -> Result<Vec<i64>> {
        let (title, size) = (&title, &size);
        sql!(
            cx,
            i64,
            "SELECT id FROM \"order\" WHERE (:title IS NULL OR title = :title) AND size >= :size ORDER BY id",
            allow(scan, "three rows")
        )
        .all()
    }

    #[rpc]
    fn in_lists(&self, cx: &Cx<Self>, ids: Vec<Id<Order>>) -> Result<(i64, i64, i64)> {
        let (all, slice, titles) = (&ids, &ids[..1], ["one fish", "red fish"]);
        let count = sql!(cx, i64, "SELECT count(*) FROM \"order\" WHERE id IN (:all)").one()?;
        let one = sql!(cx, i64, "SELECT count(*) FROM \"order\" WHERE id IN (:slice)").one()?;
        let named = sql!(
            cx,
            i64,
            "SELECT count(*) FROM \"order\" WHERE title IN (:titles) OR body IN (:titles)",
            allow(scan, "three rows")
        )
        .one()?;
        Ok((count, one, named))
    }

    #[rpc]
    fn summed(&self, cx: &Cx<Self>) -> Result<Vec<Sum>> {
        sql!(
            cx,
            Sum,
            r#"
            WITH big AS (
                SELECT "group" AS g, size, price, title FROM "order" -- every one of them
                WHERE size > 0 /* is true */
            )
            SELECT g, sum(size) AS total, avg(price), group_concat(title, ', ') FROM big GROUP BY g ORDER BY total
            "#,
            allow(scan, "three rows")
        )
        .all()
    }

    #[rpc]
    fn running(&self, cx: &Cx<Self>) -> Result<Vec<Running>> {
        sql!(
            cx,
            Running,
            "SELECT id, row_number() OVER (ORDER BY id DESC),
                    sum(size) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
                    lag(size) OVER (ORDER BY id)
             FROM \"order\" ORDER BY id",
            allow(scan, "three rows")
        )
        .all()
    }

    #[rpc]
    fn hit(&mut self, cx: &mut Cx<Self>, name: &str) -> Result<i64> {
        sql!(
            cx,
            i64,
            "INSERT INTO indexes AS i (name, label, hits) VALUES (:name, :name, 1)
             ON CONFLICT (name) DO UPDATE SET hits = i.hits + excluded.hits
             RETURNING hits"
        )
        .one()
    }

    #[rpc]
    fn tags(&self, cx: &Cx<Self>) -> Result<Vec<(i64, String)>> {
        sql!(
            cx,
            (i64, String),
            r#"SELECT o.id, t.value AS "tag!" FROM "order" AS o, json_each(o.extras, '$.tags') AS t ORDER BY o.id, t.key"#,
            allow(scan, "three rows")
        )
        .all()
    }

    #[rpc]
    fn retag(&mut self, cx: &mut Cx<Self>) -> Result<Json<Extras>> {
        sql!(
            cx,
            Json<Extras>,
            r#"UPDATE "order" SET extras = json_set(extras, '$.tags', json('["z"]')) WHERE id = 1 RETURNING extras"#
        )
        .one()
    }

    #[rpc]
    fn found(&self, cx: &Cx<Self>, words: &str) -> Result<Vec<(i64, String, String, f64)>> {
        sql!(
            cx,
            (i64, String, String, f64),
            "SELECT rowid, title, snippet(order_search, 1, '[', ']', '…', 3), rank
             FROM order_search WHERE order_search MATCH :words ORDER BY rank LIMIT 5"
        )
        .all()
    }

    #[rpc]
    fn moved(&mut self, cx: &mut Cx<Self>) -> Result<(u64, u64, Vec<String>)> {
        let inserted = sql!(
            cx,
            "INSERT INTO indexes (name, label, hits) SELECT title, \"group\", size FROM \"order\" WHERE id < 3"
        )
        .run()?;
        let updated = sql!(
            cx,
            "UPDATE indexes SET hits = hits + s.total
             FROM (SELECT \"group\" AS g, sum(size) AS total FROM \"order\" WHERE id < 3 GROUP BY \"group\") AS s
             WHERE s.g = indexes.label",
            allow(scan, "few rows")
        )
        .run()?;
        let gone =
            sql!(cx, String, "DELETE FROM indexes WHERE name LIKE '%fish' RETURNING name", allow(scan, "few rows"))
                .all()?;
        Ok((inserted, updated, gone))
    }

    #[rpc]
    fn counted(&self, cx: &Cx<Self>, to: i64) -> Result<Vec<i64>> {
        sql!(cx, i64, "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < :to) SELECT i FROM n")
            .all()
    }
}

#[do_runtime::test]
async fn a_parameter_may_be_made_of_the_clock_of_the_handler(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");

    let (later, now) = shop.touch().await?;

    assert_eq!(later, now + hours(1));
    Ok(())
}

#[do_runtime::test]
async fn sqlite_reads_the_clock_of_the_runtime(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");

    let (seconds, day, now) = shop.clock().await?;

    assert_eq!(seconds, now.as_millis() / 1000);
    assert!(day.starts_with("2026-01-0"), "{day}");
    Ok(())
}

#[do_runtime::test]
async fn casts_and_formats_have_a_class_of_their_own(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");

    assert_eq!(shop.casts().await?, ("2".to_owned(), 12, None, String::new()));
    Ok(())
}

#[do_runtime::test]
async fn parameters_are_references_options_lists_and_stand_twice(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");
    let ids: Vec<Id<Order>> = vec![Id::from_raw(1), Id::from_raw(3), Id::from_raw(9)];

    assert_eq!(shop.by_reference(None, 2).await?, [2, 3]);
    assert_eq!(shop.by_reference(Some("one fish".to_owned()), 0).await?, [1]);
    assert_eq!(shop.in_lists(ids).await?, (2, 1, 2));
    Ok(())
}

#[do_runtime::test]
async fn common_tables_windows_and_recursion_give_their_rows(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");

    let (a, b) = (("a".to_owned(), 3, Some(1.5)), ("b".to_owned(), 3, Some(2.5)));
    let summed = shop.summed().await?;
    let of = |group: &str| summed.iter().find(|row| row.0 == group).map(|row| (row.0.clone(), row.1, row.2));

    assert_eq!((of("a"), of("b")), (Some(a), Some(b)));
    assert_eq!(shop.running().await?, [(1, 3, 1, None), (2, 2, 3, Some(1)), (3, 1, 5, Some(2))]);
    assert_eq!(shop.counted(4).await?, [1, 2, 3, 4]);
    Ok(())
}

#[do_runtime::test]
async fn writes_return_what_they_wrote(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");

    assert_eq!((shop.hit("x").await?, shop.hit("x").await?), (1, 2));
    assert_eq!(shop.retag().await?.0.tags, ["z"]);
    let (inserted, updated, gone) = shop.moved().await?;
    assert_eq!((inserted, updated, gone.len()), (2, 2, 2));
    Ok(())
}

#[do_runtime::test]
async fn json_and_full_text_are_read_as_what_they_are(kit: TestKit) -> Result {
    let shop = kit.objects().get_by_name::<Shop>("shop");

    let tags = shop.tags().await?;
    let found = shop.found("red").await?;

    assert_eq!(tags, [(1, "x".to_owned()), (1, "y".to_owned()), (3, "x".to_owned())]);
    assert_eq!((found.len(), found[0].0, found[0].2.as_str()), (1, 3, "[red] fish swims"));
    assert!(found[0].3 < 0.0, "the rank of a match is negative");
    Ok(())
}
