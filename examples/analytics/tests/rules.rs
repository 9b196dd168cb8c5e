//! The rules of the analytics.

use analytics::{Analytics, AnalyticsStub, Bucket, Gaps, Point, Sample, Share, Span, Total};
use do_runtime::prelude::*;

fn shop(kit: &TestKit) -> AnalyticsStub {
    kit.objects().get_by_name::<Analytics>("shop")
}

fn sample(label: impl Into<String>, value: i64) -> Sample {
    Sample { metric: "visits".into(), label: label.into(), value }
}

async fn send(kit: &TestKit, label: &str, value: i64) -> Result {
    shop(kit).record(vec![sample(label, value)]).await
}

/// When they begin, how many points, and their sum.
fn told(buckets: &[Bucket], begun: Timestamp) -> Vec<(i64, u64, i64)> {
    let minutes = |bucket: &Bucket| (bucket.start.as_millis() - begun.as_millis()) / 60_000;
    buckets.iter().map(|bucket| (minutes(bucket), bucket.count, bucket.sum)).collect()
}

#[do_runtime::test]
async fn totals_equal_the_sum_of_what_many_sent_at_once(kit: TestKit) -> Result {
    let senders: Vec<_> = (0..100)
        .map(|sender| {
            let shop = shop(&kit);
            kit.spawn(async move { shop.record((0..10).map(|value| sample("/", sender + value)).collect()).await })
        })
        .collect();
    for sender in senders {
        sender.await?;
    }
    kit.crash().await?;
    let sum = (0..100).map(|sender| 10 * sender + 45).sum();
    assert_eq!(shop(&kit).total("visits").await?, Some(Total { metric: "visits".into(), count: 1_000, sum }));
    Ok(())
}

#[do_runtime::test]
async fn all_numbers_agree_whatever_a_crash_cut_off(kit: TestKit) -> Result {
    let begun = kit.now();
    let mut senders: Vec<_> = (0..100)
        .map(|sender| {
            let shop = shop(&kit);
            kit.spawn(async move {
                for value in 0..10 {
                    shop.record(vec![sample(format!("page {}", sender % 7), value), sample("/", -1)]).await?;
                }
                Ok::<(), Error>(())
            })
        })
        .collect();
    senders.remove(0).await?;
    kit.crash().await?;
    for sender in senders {
        let _ = sender.await; // an error, if its call was cut off
    }
    let shop = shop(&kit);
    let total = shop.total("visits").await?.context("one sender came to its end")?;
    let shares = shop.top("visits", 100).await?;
    let minutes = shop.series("visits", Span::Minute, begun, begun + hours(1), Gaps::Skip).await?;
    let points = shop.points("visits", 10_000).await?;
    let add = |(count, sum), (more, value): (u64, i64)| (count + more, sum + value);
    assert_eq!(shares.iter().map(|share| (share.count, share.sum)).fold((0, 0), add), (total.count, total.sum));
    assert_eq!(minutes.iter().map(|minute| (minute.count, minute.sum)).fold((0, 0), add), (total.count, total.sum));
    assert_eq!(points.iter().map(|point| (1, point.value)).fold((0, 0), add), (total.count, total.sum));
    Ok(())
}

#[do_runtime::test]
async fn buckets_begin_at_the_full_minute(kit: TestKit) -> Result {
    let begun = kit.now();
    for (at, value) in [(0, 1), (59_999, 2), (60_000, 4), (150_000, 8)] {
        kit.set_time(begun + millis(at)).await;
        send(&kit, "/", value).await?;
    }
    let minutes = shop(&kit).series("visits", Span::Minute, begun, begun + hours(1), Gaps::Skip).await?;
    assert_eq!(told(&minutes, begun), [(0, 2, 3), (1, 1, 4), (2, 1, 8)]);
    assert_eq!(kit.physical_rows::<Bucket>(&shop(&kit)).await?, 3, "one row for each minute, not for each point");
    // A bucket belongs to a span of time if it begins there.
    let (from, to) = (begun + secs(1), begun + secs(120));
    let part = shop(&kit).series("visits", Span::Minute, from, to, Gaps::Skip).await?;
    assert_eq!(told(&part, begun), [(1, 1, 4)]);
    Ok(())
}

#[do_runtime::test]
async fn empty_buckets_are_there_if_they_are_asked_for(kit: TestKit) -> Result {
    let begun = kit.now();
    send(&kit, "/", 5).await?;
    kit.advance("3m 20s").await;
    send(&kit, "/", 7).await?;
    let shop = shop(&kit);
    let zero = shop.series("visits", Span::Minute, begun, begun + minutes(5), Gaps::Zero).await?;
    assert_eq!(told(&zero, begun), [(0, 1, 5), (1, 0, 0), (2, 0, 0), (3, 1, 7), (4, 0, 0)]);
    let skipped = shop.series("visits", Span::Minute, begun, begun + minutes(5), Gaps::Skip).await?;
    assert_eq!(told(&skipped, begun), [(0, 1, 5), (3, 1, 7)]);
    assert_eq!(told(&shop.latest("visits", Span::Minute, 3).await?, begun), [(1, 0, 0), (2, 0, 0), (3, 1, 7)]);
    assert_eq!(told(&shop.latest("clicks", Span::Minute, 2).await?, begun), [(2, 0, 0), (3, 0, 0)]);
    Ok(())
}

#[do_runtime::test]
async fn the_top_is_by_sum_and_equal_ones_by_name(kit: TestKit) -> Result {
    for (label, value) in [("/hats", 3), ("/shoes", 4), ("/about", 5), ("/hats", 2), ("/", -1)] {
        send(&kit, label, value).await?;
    }
    let share = |label: &str, count, sum| Share { metric: "visits".into(), label: label.into(), count, sum };
    let top = shop(&kit).top("visits", 3).await?;
    assert_eq!(top, [share("/about", 1, 5), share("/hats", 2, 5), share("/shoes", 1, 4)]);
    assert_eq!(shop(&kit).top("clicks", 3).await?, []);
    Ok(())
}

#[do_runtime::test]
async fn raw_points_vanish_after_a_day_and_what_they_counted_stays(kit: TestKit) -> Result {
    let begun = kit.now();
    send(&kit, "/", 5).await?;
    kit.set_time(begun + days(1) - millis(1)).await;
    let shop = shop(&kit);
    assert_eq!(shop.points("visits", 10).await?.len(), 1);
    kit.set_time(begun + days(1)).await;
    assert_eq!(shop.points("visits", 10).await?, []);
    kit.advance("2h").await;
    assert_eq!(kit.physical_rows::<Point>(&shop).await?, 0, "they are deleted, too");
    assert_eq!(shop.total("visits").await?.map(|total| total.sum), Some(5));
    assert_eq!(told(&shop.series("visits", Span::Minute, begun, kit.now(), Gaps::Skip).await?, begun), [(0, 1, 5)]);
    Ok(())
}

#[do_runtime::test]
async fn old_minutes_become_hours_and_each_point_counts_once(kit: TestKit) -> Result {
    let begun = kit.now();
    let mut sent = 0;
    for quarter in 0..16 {
        send(&kit, "/", quarter).await?;
        sent += quarter;
        kit.advance("15m").await;
    }
    let shop = shop(&kit);
    let hours_of = async |to| shop.series("visits", Span::Hour, begun, to, Gaps::Skip).await;
    let expected = [(0, 4, 6), (60, 4, 22), (120, 4, 38), (180, 4, 54)];
    assert_eq!(told(&hours_of(kit.now()).await?, begun), expected, "of minutes alone");

    for _ in 0..60 {
        kit.advance("1h").await;
        kit.crash().await?;
        let hours = hours_of(kit.now()).await?;
        assert_eq!(told(&hours, begun), expected, "at {}", kit.now());
        assert_eq!(hours.iter().map(|hour| hour.sum).sum::<i64>(), sent);
    }
    assert_eq!(kit.physical_rows::<Bucket>(&shop).await?, 4, "hours, and no minute");
    assert_eq!(shop.series("visits", Span::Minute, begun, kit.now(), Gaps::Skip).await?, []);
    while kit.now() < begun + days(10) {
        kit.advance("1d").await;
    }
    assert_eq!(told(&hours_of(kit.now()).await?, begun), expected, "hours stay");
    Ok(())
}

#[do_runtime::test]
async fn minutes_of_a_pause_are_rolled_up_afterwards(kit: TestKit) -> Result {
    let begun = kit.now();
    for _ in 0..90 {
        send(&kit, "/", 1).await?;
        kit.advance("1m").await;
    }
    kit.evict_all().await?;
    kit.advance("30d").await;
    let shop = shop(&kit);
    assert_eq!(kit.physical_rows::<Bucket>(&shop).await?, 2);
    let hours = shop.series("visits", Span::Hour, begun, begun + hours(3), Gaps::Zero).await?;
    assert_eq!(told(&hours, begun), [(0, 60, 60), (60, 30, 30), (120, 0, 0)]);
    Ok(())
}

#[do_runtime::test]
async fn a_batch_counts_whole_or_not_at_all(kit: TestKit) -> Result {
    let shop = shop(&kit);
    for bad in [sample("", 1), sample("/", i64::MAX), sample("x".repeat(201), 1)] {
        let error = shop.record(vec![sample("/", 1), bad]).await.expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    assert_eq!(shop.total("visits").await?, None);
    assert!(kit.list::<Analytics>().await?.is_empty());
    Ok(())
}

#[do_runtime::test]
async fn what_is_too_much_is_refused_in_words(kit: TestKit) -> Result {
    let (shop, now) = (shop(&kit), kit.now());
    let error = shop.series("visits", Span::Minute, now, now + days(30), Gaps::Zero).await.expect_err("it is long");
    assert_eq!(error.to_string(), "a series has at most 10000 buckets, not 43200");
    let (from, to) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
    let error = shop.series("visits", Span::Hour, from, to, Gaps::Zero).await.expect_err("it is longer");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(shop.series("visits", Span::Hour, to, from, Gaps::Zero).await?, [], "backwards is empty");
    assert!(shop.latest("visits", Span::Hour, u32::MAX).await.is_err());
    Ok(())
}

#[do_runtime::test]
async fn it_is_all_there_over_http(kit: TestKit) -> Result {
    let path = |method: &str| format!("/rpc/Analytics/shop/{method}");
    let body = r#"{"samples": [{"metric": "visits", "label": "/", "value": 3}]}"#;
    assert!(kit.fetch("POST", &path("record"), body).await?.code() < 300);
    let latest = kit.fetch("POST", &path("latest"), r#"{"metric": "visits", "span": "minute", "buckets": 2}"#).await?;
    let latest: Vec<Bucket> = latest.body_json()?;
    assert_eq!(latest.iter().map(|minute| minute.sum).collect::<Vec<_>>(), [0, 3]);
    let hidden = kit.fetch("POST", &path("roll_up"), "{}").await?;
    assert_eq!(hidden.code(), 404, "an alarm is not for strangers");
    Ok(())
}

#[do_runtime::test]
async fn the_page_calls_methods_that_are_public(kit: TestKit) -> Result {
    let client = kit.objects().interface().javascript(); // what the page loads as `/objects.js`
    let page = include_str!("../web/index.html").split("<script").last().context("it has a script")?;
    let methods: Vec<&str> =
        page.split(" analytics.").skip(1).filter_map(|call| call.split(['(', '.']).next()).collect();
    assert!(methods.len() >= 4, "{methods:?}");
    for method in methods {
        assert!(client.contains(&format!("call(\"{method}\"")), "{method}");
    }
    Ok(())
}
