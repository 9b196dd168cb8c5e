//! A handler that does not return, on a real folder in real time: who waits for a change goes on at the object's next slot.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use do_runtime::prelude::*;

/// Looks in vain.
static LOOKS: AtomicU32 = AtomicU32::new(0);
static STUCK: AtomicBool = AtomicBool::new(false);
static MAY_END: AtomicBool = AtomicBool::new(false);

/// Lets the thread go on that is stuck, also if the test fails: its runtime waits for it.
struct LetGo;

impl Drop for LetGo {
    fn drop(&mut self) {
        MAY_END.store(true, SeqCst);
    }
}

#[durable_object(limits(run = "200ms"))]
struct Well {
    #[stored]
    buckets: u32,
    #[stored]
    drawn: Vec<String>,
}

#[durable_object]
impl Well {
    #[rpc]
    fn fill(&mut self) -> Result {
        self.buckets += 1;
        Ok(())
    }

    #[rpc(slow)]
    fn stick(&mut self) -> Result {
        STUCK.store(true, SeqCst);
        while !MAY_END.load(SeqCst) {
            std::thread::yield_now();
        }
        Ok(())
    }

    #[rpc]
    async fn draw(this: This<Self>, who: String) -> Result {
        this.wait_for(|me, _| {
            LOOKS.fetch_add(1, SeqCst);
            Ok(me.buckets.checked_sub(1).map(|left| {
                me.buckets = left;
                me.drawn.push(who.clone());
            }))
        })
        .await
    }

    #[rpc]
    fn drawn(&self) -> Result<Vec<String>> {
        Ok(self.drawn.clone())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_at_an_object_that_is_fenced_goes_on() -> Result {
    let let_go = LetGo;
    let folder = tempfile::tempdir().or_invalid()?;
    let objects = Objects::open(folder.path()).await?;
    let well = objects.get_by_name::<Well>("deep");
    let mut drawing = Vec::new();
    for (looks, who) in [(1, "ann"), (2, "ben")] {
        let well = well.clone();
        drawing.push(tokio::spawn(async move { well.draw(who).await }));
        while LOOKS.load(SeqCst) < looks {
            tokio::task::yield_now().await;
        }
    }
    let stuck = tokio::spawn({
        let well = well.clone();
        async move { well.stick().await }
    });
    while !STUCK.load(SeqCst) {
        tokio::task::yield_now().await;
    }
    assert_eq!(stuck.await.or_invalid()?.err().map(|error| error.kind()), Some(ErrorKind::Deadline));
    for _ in 0..2 {
        well.fill().await?;
    }
    for drawing in drawing {
        drawing.await.or_invalid()??;
    }
    assert_eq!(well.drawn().await?, ["ann", "ben"]);
    drop(let_go);
    objects.close().await
}
