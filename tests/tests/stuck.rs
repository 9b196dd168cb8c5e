//! Handlers that the runtime calls by itself and that do not return, on a real folder in real time: what they were called for counts
//! as failed, and the object goes on.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::{Duration, Instant};

use do_runtime::prelude::*;

/// Handlers that have begun, and how many of them may end.
static BEGUN: AtomicU32 = AtomicU32::new(0);
static MAY_END: AtomicU32 = AtomicU32::new(0);

/// Does not return until it may.
fn stick() {
    let number = BEGUN.fetch_add(1, SeqCst);
    while MAY_END.load(SeqCst) <= number {
        std::thread::yield_now();
    }
}

#[durable_object(limits(run = "200ms"))]
struct Mill {
    #[stored]
    sacks: u32,
}

#[durable_object]
impl Mill {
    #[rpc]
    fn grind(&mut self, sticks: bool) -> Result {
        self.sacks += 1;
        if sticks {
            stick();
        }
        Ok(())
    }

    #[rpc]
    fn sacks(&self) -> Result<u32> {
        Ok(self.sacks)
    }

    #[rpc]
    fn turn_soon(&mut self, cx: &mut Cx<Self>) -> Result {
        cx.schedule().turn().key("sail").after("0s")
    }

    #[alarm(retries = 0, exhausted = give_up)]
    fn turn(&mut self) -> Result {
        bail!("no wind")
    }

    fn give_up(&mut self, _error: &Error) -> Result {
        self.sacks += 1;
        stick();
        Ok(())
    }

    /// Why the alarm was given up.
    #[rpc]
    fn given_up(&self, cx: &Cx<Self>) -> Result<Option<String>> {
        Ok(cx.alarms().get("sail")?.and_then(|alarm| alarm.failed().map(str::to_owned)))
    }
}

#[durable_object]
struct Miller {
    #[stored]
    sent: u32,
}

#[durable_object]
impl Miller {
    #[rpc]
    fn send(&mut self, cx: &mut Cx<Self>, to: String, sticks: bool) -> Result {
        self.sent += 1;
        let mill = cx.objects().get_by_name::<Mill>(to);
        cx.send(mill.grind(sticks))
    }

    /// How often the first message was tried, what came of that, and how many milliseconds after it was sent it is tried again.
    #[rpc]
    fn first(&self, cx: &Cx<Self>) -> Result<(u32, Option<String>, i64)> {
        let pending = cx.outbox().pending()?;
        Ok(pending.first().map_or((0, None, 0), |message| {
            let again = message.due().map_or(0, |due| due.as_millis() - message.sent().as_millis());
            (message.attempt(), message.error().map(str::to_owned), again)
        }))
    }
}

/// Asks until there is something, for half a minute at most.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<Option<T>>) -> T {
    let begun = Instant::now();
    loop {
        // Who comes while it sticks is told so.
        if let Ok(Some(found)) = ask().await {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} takes half a minute");
        tokio::task::yield_now().await;
    }
}

/// Lets all end, however the test does.
struct Ends;

impl Drop for Ends {
    fn drop(&mut self) {
        MAY_END.store(u32::MAX, SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sticks_in_a_message_or_in_the_end_of_an_alarm_has_failed_and_goes_on() -> Result {
    let _ends = Ends;
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let objects = Objects::open(folder.path()).await?;
    let (miller, mill) = (objects.get_by_name::<Miller>("jack"), objects.get_by_name::<Mill>("old"));

    // A message whose handler does not return was refused: it is tried again, and after a few times set aside.
    miller.send("old", true).await?;
    let (attempts, error, again) =
        until("a first try", async || Ok(Some(miller.first().await?).filter(|(attempts, ..)| *attempts > 0))).await;
    assert_eq!(attempts, 1);
    assert!(again >= 2_000, "one that could not be reached is tried after one second: {again} ms");
    assert!(error.as_deref().is_some_and(|error| error.contains("old")), "{error:?}");
    assert_eq!(BEGUN.load(SeqCst), 1);
    assert_eq!(until("the object", async || mill.sacks().await.map(Some)).await, 0, "nothing of it was kept");
    // The next try is in two seconds; by then it may end, and its late commit is refused.
    MAY_END.store(u32::MAX, SeqCst);
    let tried_again = until("a second try", async || Ok(Some(mill.sacks().await?).filter(|sacks| *sacks > 0))).await;
    assert_eq!(tried_again, 1);

    // An alarm whose last word does not return is set aside.
    MAY_END.store(0, SeqCst);
    mill.turn_soon().await?;
    let why = until("the alarm", async || mill.given_up().await).await;
    assert!(why.contains("no wind"), "{why}");
    assert_eq!(until("the object", async || mill.sacks().await.map(Some)).await, 1, "nothing of it was kept");
    MAY_END.store(u32::MAX, SeqCst);
    objects.close().await
}
