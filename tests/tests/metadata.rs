//! What goes with a call besides its arguments: who made it, its trace, its request, the calls that led to it.

use do_runtime::prelude::*;
use do_runtime::{Identity, TraceParent};
use futures::future::join;

/// Says what it sees, and hands on.
#[durable_object]
struct Relay {
    #[stored]
    woken_by: String,
}

/// What a handler saw of its metadata.
type Seen = (String, String, Option<String>, Uuid, Vec<String>);

/// Attempt, key, deadline, method.
type Facts = (u32, Option<String>, Option<Timestamp>, Option<String>);

fn seen(meta: &Metadata) -> Result<Seen> {
    let trace = meta.trace().map(|trace| trace.to_string());
    let chain = meta.chain().iter().map(ToString::to_string).collect();
    Ok((meta.object().to_string(), meta.caller()?.to_string(), trace, meta.request_id(), chain))
}

#[durable_object]
impl Relay {
    #[init]
    fn wake(&mut self, cx: &mut Cx<Self>) -> Result {
        let error = cx.meta().caller().expect_err("nobody calls `#[init]`");
        ensure!(error.kind() == ErrorKind::NotFound && cx.meta().method() == Some("init"), "{error}");
        self.woken_by = "the runtime".to_owned();
        Ok(())
    }

    #[rpc]
    fn look(&self, cx: &Cx<Self>) -> Result<Seen> {
        seen(cx.meta())
    }

    #[rpc]
    fn look_and_write(&mut self, cx: &mut Cx<Self>) -> Result<Seen> {
        seen(cx.meta())
    }

    /// What this object and those that it goes through see, the last one first.
    #[rpc]
    async fn through(this: This<Self>, mut rest: Vec<String>) -> Result<Vec<Seen>> {
        let inside = this.update(|_, cx| seen(cx.meta())).await?;
        let read = this.read(|_, cx| seen(cx.meta())).await?;
        let mine = seen(this.meta())?;
        ensure!(mine == inside && mine == read, "the closures of a handler see what it sees");
        let mut all = match rest.pop() {
            Some(next) => this.objects().get_by_name::<Relay>(next).through(rest).await?,
            None => Vec::new(),
        };
        all.push(mine);
        Ok(all)
    }

    /// Calls from a task that is not the handler's own.
    #[rpc]
    async fn spawn(this: This<Self>, other: String) -> Result<Seen> {
        let other = this.objects().get_by_name::<Relay>(other);
        tokio::spawn(async move { other.look().await }).await.context("the task")?
    }

    #[rpc]
    async fn on_behalf(this: This<Self>, other: String) -> Result<(String, String)> {
        let other = this.objects().get_by_name::<Relay>(other);
        let (plain, named) = join(other.look(), other.look().caller("bob")).await;
        Ok((plain?.1, named?.1))
    }

    /// Calls `other`, which calls this object, and so on.
    #[rpc]
    async fn turn_round(this: This<Self>, other: String, rounds: u32) -> Result<u32> {
        let me = this.name().unwrap_or_default().to_owned();
        match rounds {
            0 => Ok(0),
            _ => Ok(1 + this.objects().get_by_name::<Relay>(other).turn_round(me, rounds - 1).await?),
        }
    }

    #[rpc]
    fn facts(&self, cx: &Cx<Self>) -> Result<Facts> {
        let meta = cx.meta();
        let key = meta.idempotency_key().map(str::to_owned);
        Ok((meta.attempt(), key, meta.deadline(), meta.method().map(str::to_owned)))
    }
}

/// What an alarm saw: attempt, method, whether nobody called, and who called what it called.
type Rung = (u32, String, bool, String);

/// Notes what its alarms see.
#[durable_object]
struct Bell {
    #[stored]
    rung: Vec<Rung>,
}

#[durable_object]
impl Bell {
    #[rpc]
    fn set(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().ring().after("1s")?;
        cx.schedule().ring_others().after("1m")
    }

    /// Fails the first time.
    #[alarm]
    fn ring(&mut self, cx: &mut Cx<Self>) -> Result {
        let rung = seen_by_alarm(cx.meta(), String::new());
        ensure!(rung.0 > 1, "not yet");
        self.rung.push(rung);
        Ok(())
    }

    #[alarm]
    async fn ring_others(this: This<Self>) -> Result {
        let (_, caller, _, request, chain) = this.objects().get_by_name::<Relay>("a").look().await?;
        ensure!(request == this.meta().request_id() && chain == ["Bell \"b\" ring_others"], "{chain:?}");
        let rung = seen_by_alarm(this.meta(), caller);
        this.update(|me, cx| {
            ensure!(cx.meta().method() == Some("ring_others") && cx.meta().attempt() == 1, "its closures see the same");
            me.rung.push(rung);
            Ok(())
        })
        .await
    }

    #[rpc]
    fn rung(&self) -> Result<Vec<Rung>> {
        Ok(self.rung.clone())
    }
}

fn seen_by_alarm(meta: &Metadata, other: String) -> Rung {
    (meta.attempt(), meta.method().unwrap_or_default().to_owned(), meta.caller().is_err(), other)
}

#[do_runtime::test]
async fn an_alarm_has_no_caller_and_counts_its_runs(kit: TestKit) -> Result {
    let bell = kit.objects().get_by_name::<Bell>("b");
    bell.set().await?;
    kit.advance("2m").await;
    let others = (1, "ring_others".to_owned(), true, "Bell \"b\"".to_owned());
    assert_eq!(bell.rung().await?, [(2, "ring".to_owned(), true, String::new()), others]);
    Ok(())
}

#[do_runtime::test]
async fn what_a_test_does_inside_an_object_is_a_call_from_outside(kit: TestKit) -> Result {
    let relay = kit.objects().get_by_name::<Relay>("a");
    let (_, caller, ..) = kit.inside(&relay, |me, cx| me.look_and_write(cx)).await?;
    assert_eq!(caller, "anonymous");
    Ok(())
}

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[do_runtime::test]
async fn a_call_from_outside_is_anonymous_and_has_nothing_behind_it(kit: TestKit) -> Result {
    let relay = kit.objects().get_by_name::<Relay>("a");
    let (object, caller, trace, first, chain) = relay.look().await?;
    assert_eq!((&*object, &*caller, trace, chain), ("Relay \"a\"", "anonymous", None, vec![]));
    let (.., second, _) = relay.look_and_write().await?;
    assert_ne!(first, second, "each call from outside is a request of its own");
    assert_eq!(relay.facts().await?, (1, None, None, Some("facts".to_owned())));
    Ok(())
}

#[do_runtime::test]
async fn what_the_builder_sets_the_handler_sees(kit: TestKit) -> Result {
    let relay = kit.objects().get_by_name::<Relay>("a");
    let (_, caller, trace, ..) = relay.look().caller("ann").trace(TRACE).await?;
    assert_eq!((&*caller, trace.as_deref()), ("ann", Some(TRACE)));
    let (_, caller, trace, ..) = relay.look().await?;
    assert_eq!((&*caller, trace), ("anonymous", None), "it holds for one call only");
    let key = "order 17";
    let (attempt, seen, deadline, _) = relay.facts().idempotency_key(key).deadline(secs(2)).await?;
    assert_eq!((attempt, seen.as_deref(), deadline), (1, Some(key), Some(kit.now() + secs(2))));
    Ok(())
}

#[do_runtime::test]
async fn calls_of_a_handler_carry_on_what_it_was_called_with(kit: TestKit) -> Result {
    let a = kit.objects().get_by_name::<Relay>("a");
    // Asleep, so that the calls wait; then awake, so that they run in place.
    for _ in 0..2 {
        let rest = vec!["c".to_owned(), "b".to_owned()];
        let seen = a.through(rest).caller("ann").trace(TRACE).deadline("1h").await?;
        let [c, b, a] = &seen[..] else { bail!("three objects, not {seen:?}") };
        assert_eq!((&*a.1, &*b.1, &*c.1), ("ann", "Relay \"a\"", "Relay \"b\""));
        assert!(a.4.is_empty());
        assert_eq!(b.4, ["Relay \"a\" through"]);
        assert_eq!(c.4, ["Relay \"a\" through", "Relay \"b\" through"]);
        for seen in [a, b, c] {
            assert_eq!(seen.2.as_deref(), Some(TRACE));
            assert_eq!(seen.3, a.3, "it is one request");
        }
    }
    Ok(())
}

#[do_runtime::test]
async fn a_task_that_a_handler_spawns_is_on_its_own(kit: TestKit) -> Result {
    let relay = kit.objects().get_by_name::<Relay>("a");
    let (_, caller, trace, _, chain) = relay.spawn("b".to_owned()).trace(TRACE).await?;
    assert_eq!((&*caller, trace, chain), ("anonymous", None, vec![]));
    Ok(())
}

#[do_runtime::test]
async fn a_handler_calls_as_its_object_unless_it_names_somebody(kit: TestKit) -> Result {
    let relay = kit.objects().get_by_name::<Relay>("a");
    for _ in 0..2 {
        let callers = relay.on_behalf("b".to_owned()).await?;
        assert_eq!(callers, ("Relay \"a\"".to_owned(), "bob".to_owned()));
    }
    Ok(())
}

#[do_runtime::test]
async fn objects_that_call_each_other_without_end_are_stopped(kit: TestKit) -> Result {
    let a = kit.objects().get_by_name::<Relay>("a");
    assert_eq!(a.turn_round("b".to_owned(), 32).await?, 32, "32 calls may lead to one");
    let error = a.turn_round("b".to_owned(), 33).await.expect_err("33 may not");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "33 calls led to this call of `turn_round`, and the limit is 32: do these objects call each other without end? The \
         last ones: Relay \"a\" turn_round, Relay \"b\" turn_round, Relay \"a\" turn_round"
    );
    assert_eq!(a.turn_round("b".to_owned(), 1).await?, 1, "and nothing is left of it");
    Ok(())
}

#[do_runtime::test]
async fn what_makes_no_sense_is_refused_before_anything_is_sent(kit: TestKit) -> Result {
    let relay = kit.objects().get_by_name::<Relay>("a");
    let refused = [
        (relay.look().trace("00-nonsense"), "\"00-nonsense\" is no trace parent"),
        (relay.look().caller(""), "the caller of a call is empty"),
        (relay.look().idempotency_key(""), "the idempotency key of a call is empty"),
        (relay.look().idempotency_key("k".repeat(1025)), "takes 1025 bytes: the limit is 1024"),
        (relay.look().deadline("soon"), "the deadline of a call: `soon` is not a duration"),
    ];
    for (call, sentence) in refused {
        let error = call.await.expect_err(sentence);
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(sentence), "{error}");
    }
    assert!(kit.awake().is_empty(), "nothing was sent");
    Ok(())
}

#[test]
fn callers_and_objects_can_be_compared() {
    let ann = Caller::from("ann");
    assert_eq!(ann, Caller::from("ann".to_owned()));
    assert_eq!((ann.principal(), ann.object().map(Identity::id)), (Some("ann"), None));
    assert_eq!(Caller::Anonymous.to_string(), "anonymous");
    assert!("00-0-0-0".parse::<TraceParent>().is_err());
}
