//! What a server tells of how its objects fare.

mod text;

use do_network::Served;
use do_runtime::http::BearerTokens;
use do_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use text::{Text, begin};

#[derive(Debug, Clone, PartialEq, RpcError, Serialize, Deserialize)]
enum Empty {
    Nothing,
}

impl std::fmt::Display for Empty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is nothing")
    }
}

/// The same in each class, so that each test has counters of its own.
macro_rules! metered {
    ($module:ident, $class:literal) => {
        mod $module {
            use super::*;

            #[durable_object(name = $class)]
            pub(super) struct Metered {
                #[stored]
                count: i64,
            }

            #[durable_object]
            impl Metered {
                #[rpc]
                fn add(&mut self, amount: i64) -> Result<i64> {
                    ensure!(amount > 0, "add something");
                    self.count += amount;
                    Ok(self.count)
                }

                #[rpc]
                fn look(&self) -> Result<i64> {
                    Ok(self.count)
                }

                #[rpc]
                fn take(&mut self) -> Result<i64, CallError<Empty>> {
                    Err(Empty::Nothing.into())
                }

                #[rpc]
                async fn add_later(this: This<Self>, amount: i64) -> Result<i64> {
                    this.update(move |me, _| {
                        me.count += amount;
                        Ok(me.count)
                    })
                    .await
                }

                #[rpc]
                fn send(&mut self, cx: &mut Cx<Self>, to: &str, amount: i64) -> Result {
                    let receiver = cx.objects().get_by_name::<Metered>(to);
                    cx.send(receiver.add(amount))
                }

                #[rpc]
                fn plan(&mut self, cx: &mut Cx<Self>, fail: bool) -> Result {
                    cx.schedule().ring(fail).after("10s")
                }

                #[alarm(retries = 1)]
                fn ring(&mut self, fail: bool) -> Result {
                    ensure!(!fail, "the bell is broken");
                    self.count += 1;
                    Ok(())
                }

                #[websocket(message, auto_response("ping", "pong"))]
                fn said(&mut self, socket: &Socket, text: String) -> Result {
                    ensure!(!text.is_empty(), "say something");
                    socket.send_text(text)
                }
            }
        }
    };
}

metered!(called, "MetricsCalled");
metered!(slept, "MetricsSlept");
metered!(rung, "MetricsRung");
metered!(sent, "MetricsSent");
metered!(connected, "MetricsConnected");
metered!(timed, "MetricsTimed");
metered!(crowded, "MetricsCrowded");
metered!(labelled, "MetricsLabelled");

#[do_runtime::test]
async fn calls_are_counted_by_what_came_of_them(kit: TestKit) -> Result {
    begin();
    let object = kit.objects().get_by_name::<called::Metered>("secret name");
    object.add(1).await?;
    object.add(2).await?;
    object.look().await?;
    object.add_later(3).await?;
    assert_eq!(object.add(0).await.expect_err("nothing is added").kind(), ErrorKind::Invalid);
    assert!(object.take().await.is_err());
    let text = Text::now();
    let calls = |method, outcome| {
        text.value("do_calls_total", &[("class", "MetricsCalled"), ("method", method), ("outcome", outcome)])
    };
    assert_eq!((calls("add", "ok"), calls("add", "invalid")), (2.0, 1.0), "{text:?}");
    assert_eq!((calls("look", "ok"), calls("take", "handler")), (1.0, 1.0), "{text:?}");
    assert_eq!(calls("add_later", "ok"), 1.0, "{text:?}");
    let add = [("class", "MetricsCalled"), ("method", "add")];
    for name in ["do_call_queue_seconds", "do_call_run_seconds", "do_call_commit_seconds"] {
        assert_eq!(text.value(&format!("{name}_count"), &add), 3.0, "{name} {text:?}");
    }
    Ok(())
}

#[do_runtime::test]
async fn time_is_the_test_kits_own(kit: TestKit) -> Result {
    begin();
    let object = kit.objects().get_by_name::<timed::Metered>("a");
    for _ in 0..100 {
        object.take().await.expect_err("there is nothing");
    }
    let text = Text::now();
    let take = [("class", "MetricsTimed"), ("method", "take")];
    assert_eq!(text.value("do_call_run_seconds_sum", &take), 0.0, "no virtual time has passed: {text:?}");
    Ok(())
}

#[do_runtime::test]
async fn wakes_and_hibernations_are_counted_and_what_is_awake_is_told(kit: TestKit) -> Result {
    begin();
    let class = [("class", "MetricsSlept")];
    let object = kit.objects().get_by_name::<slept::Metered>("a");
    object.add(1).await?;
    let text = Text::now();
    assert_eq!(text.value("do_wakes_total", &[class[0], ("outcome", "ok")]), 1.0, "{text:?}");
    assert_eq!(text.value("do_wake_seconds_count", &class), 1.0, "{text:?}");
    assert_eq!(text.value("do_awake_objects", &class), 1.0, "{text:?}");
    assert!(text.value("do_awake_bytes", &class) > 4096.0, "{text:?}");
    assert!(text.value("do_journal_held_bytes", &[]) > 0.0, "{text:?}");
    kit.evict(&object).await?;
    let text = Text::now();
    assert_eq!(text.value("do_hibernations_total", &class), 1.0, "{text:?}");
    assert_eq!(text.value("do_awake_objects", &class), 0.0, "{text:?}");
    object.look().await?;
    assert_eq!(Text::now().value("do_wakes_total", &[class[0], ("outcome", "ok")]), 2.0);
    Ok(())
}

#[do_runtime::test]
async fn objects_that_had_to_leave_memory_are_told_apart(kit: TestKit) -> Result {
    begin();
    kit.configure(|builder| builder.awake_memory("1MiB"));
    kit.restart().await?;
    for name in 0..64 {
        kit.objects().get_by_name::<crowded::Metered>(name.to_string()).add(1).await?;
    }
    let text = Text::now();
    let evicted = text.value("do_evictions_total", &[("class", "MetricsCrowded")]);
    assert!(evicted > 0.0, "{text:?}");
    Ok(())
}

#[do_runtime::test]
async fn an_alarm_that_is_late_says_by_how_much(kit: TestKit) -> Result {
    begin();
    let plan = async |kit: &TestKit| kit.objects().get_by_name::<rung::Metered>("a").plan(false).await;
    plan(&kit).await?;
    let late = kit.now() + std::time::Duration::from_secs(70);
    let (disk, seed) = (kit.disk(), kit.seed());
    kit.objects().close().await?;
    let kit = TestKit::open_on(disk, late, seed).await?;
    kit.settle().await;
    let text = Text::now();
    let ring = [("class", "MetricsRung"), ("method", "ring")];
    assert_eq!(text.value("do_alarms_total", &[ring[0], ring[1], ("outcome", "ok")]), 1.0, "{text:?}");
    assert_eq!(text.value("do_alarm_lateness_seconds_sum", &ring), 60.0, "{text:?}");

    kit.objects().get_by_name::<rung::Metered>("b").plan(true).await?;
    kit.advance("1m").await;
    let text = Text::now();
    assert_eq!(text.value("do_alarms_total", &[ring[0], ring[1], ("outcome", "invalid")]), 2.0, "{text:?}");
    assert_eq!(text.value("do_alarms_given_up_total", &ring), 1.0, "{text:?}");
    Ok(())
}

#[do_runtime::test]
async fn messages_of_the_outbox_are_counted_with_their_age(kit: TestKit) -> Result {
    begin();
    let object = kit.objects().get_by_name::<sent::Metered>("sender");
    kit.hold_deliveries(true);
    object.send("receiver", 1).await?;
    kit.advance("40s").await;
    kit.hold_deliveries(false);
    kit.settle().await;
    object.send("receiver", 0).await?;
    kit.settle().await;
    let text = Text::now();
    let class = ("class", "MetricsSent");
    assert_eq!(text.value("do_outbox_messages_total", &[class, ("outcome", "ok")]), 1.0, "{text:?}");
    assert_eq!(text.value("do_outbox_messages_total", &[class, ("outcome", "invalid")]), 1.0, "{text:?}");
    assert_eq!(text.value("do_outbox_age_seconds_sum", &[class]), 40.0, "{text:?}");
    let add = [class, ("method", "add"), ("outcome", "ok")];
    assert_eq!(text.value("do_calls_total", &add), 1.0, "the receiver's handler is counted as a call: {text:?}");
    Ok(())
}

#[do_runtime::test]
async fn sockets_and_their_messages_are_counted(kit: TestKit) -> Result {
    begin();
    let object = kit.objects().get_by_name::<connected::Metered>("a");
    let mut socket = kit.connect(&object, "/").await?;
    socket.send_text("ping").await?;
    assert_eq!(socket.receive_text().await?, "pong");
    socket.send_text("hello").await?;
    assert_eq!(socket.receive_text().await?, "hello");
    let text = Text::now();
    let class = ("class", "MetricsConnected");
    assert_eq!(text.value("do_sockets_open", &[class]), 1.0, "{text:?}");
    assert_eq!(text.value("do_socket_messages_total", &[class, ("outcome", "ok")]), 2.0, "{text:?}");
    assert_eq!(text.value("do_socket_sent_messages_total", &[class]), 2.0, "{text:?}");
    // The handler refuses it, and the socket is closed.
    let _ = socket.send_text("").await;
    socket.closed().await?;
    drop(socket);
    kit.settle().await;
    let text = Text::now();
    assert_eq!(text.value("do_socket_messages_total", &[class, ("outcome", "invalid")]), 1.0, "{text:?}");
    assert_eq!(text.value("do_sockets_open", &[class]), 0.0, "{text:?}");
    Ok(())
}

#[do_runtime::test]
async fn labels_are_a_class_a_method_and_an_outcome_and_nothing_else(kit: TestKit) -> Result {
    begin();
    for name in ["ann's secret", "bob's secret"] {
        let object = kit.objects().get_by_name::<labelled::Metered>(name);
        object.add(1).await?;
        object.plan(false).await?;
        object.send(name, 1).await?;
        kit.advance("1m").await;
    }
    let text = Text::now();
    let ours = text.samples.iter().filter(|sample| sample.name.starts_with("do_"));
    for sample in ours {
        let known = |label: &str| ["class", "method", "outcome", "le"].contains(&label);
        assert!(sample.labels.keys().all(|label| known(label)), "{sample:?}");
        assert!(sample.labels.values().all(|value| !value.contains("secret")), "{sample:?}");
    }
    for (name, kind) in &text.types {
        assert!(text.helped.contains(name), "{name} says what it means");
        let suffix = match &**kind {
            "counter" => name.ends_with("_total"),
            "histogram" => name.ends_with("_seconds"),
            _ => true,
        };
        assert!(suffix, "{name} is a {kind}");
    }
    Ok(())
}

#[tokio::test]
async fn who_reads_them_needs_the_credentials_of_a_caller() -> Result {
    let tokens = BearerTokens::new([("t", "prometheus")]);
    let served = Served::new(|server| server.authenticate(tokens).metrics("/numbers")).await;
    for (path, header, status) in [
        ("/numbers", "", 401),
        ("/numbers", "Authorization: Bearer wrong\r\n", 401),
        ("/numbers", "Authorization: Bearer t\r\n", 200),
        ("/metrics", "Authorization: Bearer t\r\n", 404),
    ] {
        let answer = served.get(path, header).await;
        assert_eq!(answer.status, status, "{path} {header}: {answer:?}");
    }
    served.stop().await
}

#[tokio::test]
async fn a_path_that_is_none_is_told() -> Result {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let objects = Objects::open(folder.path()).await?;
    for path in ["metrics", "/rpc", "/rpc/metrics", "/{name}"] {
        let error = objects.server().metrics(path).router().expect_err(path);
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
    let error = objects.server().openapi("/a").metrics("/a").router().expect_err("it is taken");
    assert!(error.to_string().contains("taken"), "{error}");
    objects.close().await
}
